import { Failure, Reason } from "../platform/failure.ts";

/** Every failure that chat expects, by the name of its reason in `veza.errors.v1.Reason`. */

export const roomNotFound = () => new Failure(Reason.ROOM_NOT_FOUND);
export const messageNotFound = () => new Failure(Reason.MESSAGE_NOT_FOUND);
export const memberNotFound = () => new Failure(Reason.MEMBER_NOT_FOUND);
export const notAMember = () => new Failure(Reason.NOT_A_MEMBER);
export const roleTooLow = () => new Failure(Reason.ROLE_TOO_LOW);
export const targetNotBelow = () => new Failure(Reason.TARGET_NOT_BELOW);
export const inviteRequired = () => new Failure(Reason.INVITE_REQUIRED);
export const inviteInvalid = () => new Failure(Reason.INVITE_INVALID);
export const premiumRequired = () => new Failure(Reason.PREMIUM_REQUIRED);
export const roomArchived = () => new Failure(Reason.ROOM_ARCHIVED);
export const ownerCannotLeave = () => new Failure(Reason.OWNER_CANNOT_LEAVE);
export const blockedWord = () => new Failure(Reason.BLOCKED_WORD);
export const replyElsewhere = () => new Failure(Reason.REPLY_ELSEWHERE);
export const messageDeleted = () => new Failure(Reason.MESSAGE_DELETED);
export const directRoom = () => new Failure(Reason.DIRECT_ROOM);
export const selfMessage = () => new Failure(Reason.SELF_MESSAGE);
export const blocked = () => new Failure(Reason.BLOCKED);
export const sanctionNotFound = () => new Failure(Reason.SANCTION_NOT_FOUND);
export const inviteNotFound = () => new Failure(Reason.INVITE_NOT_FOUND);
export const reportNotFound = () => new Failure(Reason.REPORT_NOT_FOUND);
export const roomNotReadable = () => new Failure(Reason.ROOM_NOT_READABLE);
export const selfSanction = () => new Failure(Reason.SELF_SANCTION);
export const attachmentNotFound = () => new Failure(Reason.ATTACHMENT_NOT_FOUND);
export const fileTooLarge = (maxBytes: number) =>
  new Failure(Reason.FILE_TOO_LARGE, {
    sentence: `a file has at most ${Math.floor(maxBytes / 1024 / 1024)} MiB`,
    metadata: { limit: String(maxBytes) },
  });
/** The caller's own account is erased: the call was let in before. */
export const accountClosed = () => new Failure(Reason.TOKEN_REVOKED);
export const userNotFound = () => new Failure(Reason.USER_NOT_FOUND);
export const adminOnly = () => new Failure(Reason.ADMIN_ONLY);

/** `until` is milliseconds since 1970, null for good. */
export const banned = (until: number | null) => sanctioned(Reason.BANNED, "you are banned from this room", until);
/** `until` is milliseconds since 1970, null for good. */
export const muted = (until: number | null) => sanctioned(Reason.MUTED, "you are muted in this room", until);

/** `waitMs` is how long the caller still has to wait. */
export const slowMode = (waitMs: number) =>
  new Failure(Reason.SLOW_MODE, {
    sentence: `slow mode is on: wait ${Math.ceil(waitMs / 1000)} s before you send again`,
    retryAfterMs: waitMs,
  });

/** `sentence` says what the limit is and what can be done about it. */
export const limitReached = (sentence: string, limit: number) =>
  new Failure(Reason.LIMIT_REACHED, { sentence, metadata: { limit: String(limit) } });

function sanctioned(reason: Reason, sentence: string, until: number | null): Failure {
  if (until === null) return new Failure(reason);
  const date = new Date(until).toISOString();
  return new Failure(reason, { sentence: `${sentence} until ${date}`, metadata: { until: date } });
}
