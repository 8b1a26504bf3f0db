import type { Revocation } from "../platform/access/revocations.ts";
import type { Queries } from "../platform/database/database.ts";
import type { SessionId, UserId } from "../platform/ids.ts";
import type { RevocationPlace } from "./store.ts";
import type { AuthTables } from "./tables.ts";

/** What was revoked, from where it is stored: ended sessions, then cut-off accounts, then erased ones. */
export async function revocationsSince(
  read: Queries<AuthTables>,
  since: number,
  after: RevocationPlace | undefined,
  atMost: number,
): Promise<{ revocation: Revocation; place: RevocationPlace }[]> {
  const found: { revocation: Revocation; place: RevocationPlace }[] = [];
  for (const [index, source] of sources.entries()) {
    const from = after?.source ?? 0;
    if (index < from || found.length >= atMost) continue;
    const begin = index === from && after !== undefined ? after : { source: index, at: since, id: undefined };
    for (const { revocation, id } of await source(read, begin, atMost - found.length)) {
      found.push({ revocation, place: { source: index, at: revocation.at, id } });
    }
  }
  return found;
}

/** Those from a time on, or after a place, by time and then by id. */
type Source = (
  read: Queries<AuthTables>,
  from: { readonly at: number; readonly id: string | undefined },
  atMost: number,
) => Promise<{ revocation: Revocation; id: string }[]>;

const sources: readonly Source[] = [
  async (read, { at, id }, atMost) => {
    const rows = await read
      .selectFrom("auth_sessions")
      .select(["id", "ended_at as at"])
      .where("ended_at", ">=", at)
      .$if(id !== undefined, (query) =>
        query.where(({ eb, refTuple, tuple }) => eb(refTuple("ended_at", "id"), ">", tuple(at, id as string))),
      )
      .orderBy("ended_at")
      .orderBy("id")
      .limit(atMost)
      .execute();
    return rows.map((row) => ({ id: row.id, revocation: { sessionId: row.id as SessionId, at: Number(row.at) } }));
  },
  async (read, { at, id }, atMost) => {
    const rows = await read
      .selectFrom("auth_accounts")
      .select(["id", "tokens_valid_from as at"])
      .where("tokens_valid_from", ">=", at)
      .where("tokens_valid_from", ">", 0)
      .$if(id !== undefined, (query) =>
        query.where(({ eb, refTuple, tuple }) => eb(refTuple("tokens_valid_from", "id"), ">", tuple(at, Number(id)))),
      )
      .orderBy("tokens_valid_from")
      .orderBy("id")
      .limit(atMost)
      .execute();
    return rows.map(ofUser);
  },
  async (read, { at, id }, atMost) => {
    const rows = await read
      .selectFrom("auth_erasures")
      .select(["user_id as id", "at"])
      .where("at", ">=", at)
      .$if(id !== undefined, (query) =>
        query.where(({ eb, refTuple, tuple }) => eb(refTuple("at", "user_id"), ">", tuple(at, Number(id)))),
      )
      .orderBy("at")
      .orderBy("user_id")
      .limit(atMost)
      .execute();
    return rows.map(ofUser);
  },
];

function ofUser({ id, at }: { readonly id: number; readonly at: number }) {
  return { id: String(id), revocation: { userId: String(id) as UserId, at: Number(at) } };
}
