import type { AccountRole, Principal } from "../platform/access/principal.ts";
import type { Queries } from "../platform/database/database.ts";
import type { Failure } from "../platform/failure.ts";
import type { StreamId, UserId } from "../platform/ids.ts";
import type { Permission, StreamRooms } from "../platform/peers/peers.ts";
import { notYourStream, streamNotFound } from "./errors.ts";
import { type Action, asksForMembers, decide, type Standing } from "./permissions.ts";
import type { StoredStream, StreamStore } from "./store/stream-store.ts";
import type { StreamTables } from "./tables.ts";

/** Whoever asks, as far as streams care; undefined for who is not signed in. */
export type Caller = { readonly userId: UserId; readonly role: AccountRole } | undefined;

/** What a caller is to a stream. */
export interface StreamAccess {
  readonly stream: StoredStream;
  readonly standing: Standing;
}

/** Who may do what with streams. */
export interface Access {
  /**
   * Reads what a caller is to a stream, and asks chat who is a member where that decides.
   * Throws STREAM_NOT_FOUND when there is none or the caller may not hear it.
   */
  load(caller: Caller, streamId: StreamId): Promise<StreamAccess>;
  /** The same with NOT_YOUR_STREAM for whom the rules do not allow the action. */
  require(caller: Caller, streamId: StreamId, action: Action): Promise<StreamAccess>;
  /** What a caller is to a stream that is at hand. */
  standingOf(caller: Caller, stream: StoredStream): Promise<Standing>;
  mayHear(caller: Caller, stream: StoredStream): Promise<boolean>;
  /**
   * Reads the stream again inside a write, where chat cannot be asked. Who could do it a moment ago still can, unless
   * the stream was deleted or changed hands or openness since: then STREAM_NOT_FOUND or NOT_YOUR_STREAM.
   */
  again(tx: Queries<StreamTables>, access: StreamAccess, caller: Caller, action: Action): Promise<StoredStream>;
}

/** Where the streams are read from, and who answers for rooms. */
export function createAccess(needs: {
  read: Queries<StreamTables>;
  streams: Pick<StreamStore, "find">;
  rooms: () => Pick<StreamRooms, "isRoomMember">;
}): Access {
  const { read, streams, rooms } = needs;

  async function standingOf(caller: Caller, stream: StoredStream): Promise<Standing> {
    const known = standingWithoutRoom(caller, stream);
    if (known !== "user" || !asksForMembers(stream.visibility) || stream.roomId === undefined) return known;
    return (await rooms().isRoomMember((caller as NonNullable<Caller>).userId, stream.roomId)) ? "member" : "user";
  }

  async function load(caller: Caller, streamId: StreamId): Promise<StreamAccess> {
    const stream = await streams.find(read, streamId);
    if (stream === undefined || stream.isDeleted) throw streamNotFound();
    const access = { stream, standing: await standingOf(caller, stream) };
    requireAllowed(access, "hear");
    return access;
  }

  return {
    standingOf,
    load,
    async require(caller, streamId, action) {
      const access = await load(caller, streamId);
      requireAllowed(access, action);
      return access;
    },
    async mayHear(caller, stream) {
      return decide(stream.visibility, await standingOf(caller, stream), "hear") === "yes";
    },
    async again(tx, access, caller, action) {
      const stream = await streams.find(tx, access.stream.id);
      if (stream === undefined || stream.isDeleted) throw streamNotFound();
      const standing = standingWithoutRoom(caller, stream);
      const isSameRoom = stream.roomId === access.stream.roomId;
      requireAllowed(
        { stream, standing: access.standing === "member" && isSameRoom && standing === "user" ? "member" : standing },
        action,
      );
      return stream;
    },
  };
}

function standingWithoutRoom(caller: Caller, stream: StoredStream): Standing {
  if (caller === undefined) return "visitor";
  if (caller.userId === stream.streamerId) return "streamer";
  return caller.role === "admin" ? "admin" : "user";
}

const refusals: Readonly<Record<"unseen" | "notYours", () => Failure>> = {
  unseen: streamNotFound,
  notYours: notYourStream,
};

/** Throws STREAM_NOT_FOUND or NOT_YOUR_STREAM when the rules do not allow it. */
export function requireAllowed({ stream, standing }: StreamAccess, action: Action): void {
  const verdict = decide(stream.visibility, standing, action);
  if (verdict !== "yes") throw refusals[verdict]();
}

/** What may be done with a stream, in the words of CheckAccess. */
export function permissionsOf({ stream, standing }: StreamAccess): Permission[] {
  const needed: Record<Permission, Action> = { read: "hear", write: "own", moderate: "manage" };
  return (Object.keys(needed) as Permission[]).filter(
    (permission) => decide(stream.visibility, standing, needed[permission]) === "yes",
  );
}

/** Only what rules look at, of somebody signed in. */
export function callerOf({ userId, role }: Pick<Principal, "userId" | "role">): NonNullable<Caller> {
  return { userId, role };
}
