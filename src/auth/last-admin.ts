import { lastAdmin } from "./errors.ts";
import { isActiveAdmin } from "./permissions.ts";
import type { Account, AuthWrite } from "./store.ts";

/** Throws LAST_ADMIN when nobody could run the service without this account. In the write that takes it away. */
export async function keepAnAdmin(write: AuthWrite, account: Account): Promise<void> {
  if (isActiveAdmin(account) && (await write.otherActiveAdmins(account.id)) === 0) throw lastAdmin();
}
