import type { Sessions } from "../sessions.ts";
import type { SignIn } from "../sign-in.ts";
import { clientOf } from "./client.ts";
import type { AuthHandlers } from "./handlers.ts";
import { ownUserInfo, tokensMessage } from "./messages.ts";

export function signInHandlers(needs: { signIn: SignIn; sessions: Sessions }): AuthHandlers {
  const { signIn, sessions } = needs;
  return {
    async register({ username, email, password, firstName = "", lastName = "" }, context) {
      const registration = { username, email, password, firstName, lastName };
      const { account, tokens } = await signIn.register(registration, clientOf(context), context.signal);
      return { user: ownUserInfo(account), tokens: tokensMessage(tokens) };
    },

    async login({ login, password }, context) {
      const { account, tokens } = await signIn.login(login, password, clientOf(context), context.signal);
      return { user: ownUserInfo(account), tokens: tokensMessage(tokens) };
    },

    async refreshToken({ refreshToken }) {
      return { tokens: tokensMessage(await sessions.refresh(refreshToken)) };
    },
  };
}
