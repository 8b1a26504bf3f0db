import { Failure, Reason } from "../platform/failure.ts";

export const usernameTaken = () => new Failure(Reason.USERNAME_TAKEN);
export const emailTaken = () => new Failure(Reason.EMAIL_TAKEN);
export const badCredentials = () => new Failure(Reason.BAD_CREDENTIALS);
export const accountInactive = () => new Failure(Reason.ACCOUNT_INACTIVE);
export const refreshTokenInvalid = () => new Failure(Reason.REFRESH_TOKEN_INVALID);
export const refreshTokenReused = () => new Failure(Reason.REFRESH_TOKEN_REUSED);
export const tokenInvalid = () => new Failure(Reason.TOKEN_INVALID);
export const userNotFound = () => new Failure(Reason.USER_NOT_FOUND);
export const sessionNotFound = () => new Failure(Reason.SESSION_NOT_FOUND);
export const notYourAccount = () => new Failure(Reason.NOT_YOUR_ACCOUNT);
export const lastAdmin = () => new Failure(Reason.LAST_ADMIN);
export const issuerOutside = () => new Failure(Reason.ISSUER_OUTSIDE);

export const tooManyGuesses = (retryAfterMs: number) =>
  new Failure(Reason.RATE_LIMITED, {
    sentence: "too many wrong passwords for this account: wait a little and try again",
    retryAfterMs,
  });

export const tooManyHashes = () =>
  new Failure(Reason.UNAVAILABLE, { sentence: "too many sign-ins are waiting: try again", retryAfterMs: 2000 });
