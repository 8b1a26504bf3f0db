import { CompiledQuery } from "kysely";
import type { Queries, RunStatement } from "../../platform/database/database.ts";
import { tooManyWaiting } from "../../platform/database/turns.ts";
import { Failure, Reason } from "../../platform/failure.ts";
import type { RoomId } from "../../platform/ids.ts";
import { limits } from "../../platform/limits.ts";
import { requestKeys, roomKey } from "../keys.ts";
import type { ChatTables, MembersTable, RoomsTable, SanctionsTable } from "../tables.ts";
import type { MarkedFacts, Posted, Posting, Postings } from "./postings.ts";
import { memberOf, roomOf } from "./rows.ts";
import { searchedWords } from "./search-words.ts";

/** As `chat_facts_1` answers. */
interface FactsRow {
  readonly facts: {
    readonly room: RoomsTable;
    readonly member: MembersTable | null;
    readonly mute: SanctionsTable | null;
    readonly ban: SanctionsTable | null;
  } | null;
  readonly mark: string | null;
}

/** As `chat_post_1` answers, one for each message. */
type PostedRow = FactsRow & {
  readonly outcome: "posted" | "repeated" | "otherwise" | "renumber";
  /** Of the message that was posted, else of the last event before. */
  readonly number: number | null;
  readonly ordinal: number | null;
};

interface Waiting {
  readonly posting: Posting;
  readonly tell: (posted: Posted) => void;
  readonly fail: (error: unknown) => void;
}

const factsSql = "SELECT facts, mark FROM chat_facts_1($1, $2)";
const postSql = `SELECT outcome, number, ordinal, facts, mark
  FROM chat_post_1($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)`;

/**
 * Postings in PostgreSQL, by functions of its own. What comes for one room while a statement for it is under way shares
 * the next one: a commit waits for the disk, so ten messages in one cost about as much as one alone.
 */
export function createPostgresPostings(database: { read: Queries<ChatTables>; statement: RunStatement }): Postings {
  const rooms = new Map<RoomId, Waiting[]>();
  /** In all rooms. */
  let taken = 0;

  async function postAll(roomId: RoomId, waiting: Waiting[]): Promise<void> {
    while (waiting.length > 0) {
      let together: Waiting[] = [];
      try {
        const rows = await database.statement<PostedRow>([roomKey(roomId)], (locksOf) => {
          together = takeFitting(waiting);
          return statementOf(roomId, together, locksOf);
        });
        for (const [index, { tell }] of together.entries()) tell(postedOf(rows[index]));
      } catch (error) {
        // What the server refuses, it refuses of all; each finds out alone whether it was meant.
        for (const { tell, fail } of together) {
          if (error instanceof Failure && error.reason === Reason.UNAVAILABLE) fail(error);
          else tell({ outcome: "unclear" });
        }
        // The turn did not come.
        if (together.length === 0) for (const { fail } of waiting.splice(0)) fail(error);
      }
    }
    rooms.delete(roomId);
  }

  return {
    async marked(userId, roomId) {
      const query = CompiledQuery.raw(factsSql, [roomId, Number(userId)]) as CompiledQuery<FactsRow>;
      const { rows } = await database.read.executeQuery(query);
      return markedOf(rows[0]);
    },

    post(posting) {
      if (posting.event.holes.length !== 2) return Promise.resolve({ outcome: "unclear" });
      if (taken >= limits.store.writesWaiting) return Promise.reject(tooManyWaiting());
      taken += 1;
      const posted = new Promise<Posted>((tell, fail) => {
        const { roomId } = posting.message;
        const waiting = rooms.get(roomId);
        if (waiting !== undefined) {
          waiting.push({ posting, tell, fail });
          return;
        }
        const first = [{ posting, tell, fail }];
        rooms.set(roomId, first);
        void postAll(roomId, first);
      });
      return posted.finally(() => {
        taken -= 1;
      });
    },
  };
}

/** The first that wait, as many as share a commit, and have events of one width. */
function takeFitting(waiting: Waiting[]): Waiting[] {
  const width = waiting[0]?.posting.event.width;
  const end = waiting.findIndex(({ posting }) => posting.event.width !== width);
  return waiting.splice(0, Math.min(end === -1 ? waiting.length : end, limits.store.writesPerCommit));
}

function statementOf(
  roomId: RoomId,
  together: readonly Waiting[],
  locksOf: (keys: readonly string[]) => readonly bigint[],
): CompiledQuery<PostedRow> {
  const all = together.map(({ posting }) => posting);
  const messages = all.map(({ message }) => message);
  return CompiledQuery.raw(postSql, [
    locksOf([roomKey(roomId), ...all.flatMap(({ request }) => requestKeys(request))]),
    limits.chat.eventsForgottenAtOnce,
    limits.chat.eventsKeptPerRoom,
    roomId,
    all[0]?.event.width,
    messages.map(({ id }) => id),
    messages.map(({ senderId }) => Number(senderId)),
    messages.map(({ senderUsername }) => senderUsername),
    messages.map(({ content }) => content),
    messages.map((message) => searchedWords(message).join(" ")),
    messages.map(({ type }) => type),
    messages.map(({ createdAt }) => createdAt),
    all.map(({ mark }) => mark),
    all.map(({ request }) => request.requestId),
    all.map(({ request }) => request.digest),
    all.map(({ event }) => Buffer.from(event.body.buffer, event.body.byteOffset, event.body.byteLength)),
    all.map(({ event }) => event.holes[0]),
    all.map(({ event }) => event.holes[1]),
  ]) as CompiledQuery<PostedRow>;
}

function postedOf(row: PostedRow | undefined): Posted {
  switch (row?.outcome) {
    case "posted":
      return { outcome: "posted", sequence: Number(row.number), ordinal: Number(row.ordinal) };
    case "otherwise":
      return { outcome: "changed", marked: markedOf(row) };
    case "renumber":
      return { outcome: "misfit", head: Number(row.number) };
    default:
      return { outcome: "unclear" };
  }
}

function markedOf(row: FactsRow | undefined): MarkedFacts | undefined {
  if (row?.facts == null || row.mark === null) return undefined;
  const { room, member, mute, ban } = row.facts;
  return {
    facts: {
      room: roomOf(room),
      member: member === null ? undefined : memberOf(member),
      mute: mute === null ? undefined : { expiresAt: mute.expires_at },
      ban: ban === null ? undefined : { expiresAt: ban.expires_at },
      // Messages are posted for members alone.
      isErased: false,
    },
    mark: row.mark,
    head: room.head_sequence,
  };
}
