import { issuerOutside } from "../errors.ts";
import type { AuthHandlers } from "./handlers.ts";

function refuse(): never {
  throw issuerOutside();
}

/** The calls that keep accounts and sessions, where somebody else keeps them. */
export const outsideHandlers: AuthHandlers = {
  register: refuse,
  login: refuse,
  refreshToken: refuse,
  logout: refuse,
  listSessions: refuse,
  revokeSession: refuse,
  revokeToken: refuse,
  updateProfile: refuse,
  changePassword: refuse,
  deleteAccount: refuse,
  setUserRole: refuse,
  setUserActive: refuse,
};
