import type { RoomId, UserId } from "../../platform/ids.ts";
import type { Request } from "../../platform/requests/requests.ts";
import type { NumberedBody } from "../events/numbered-body.ts";
import type { AccessRow } from "./access-query.ts";
import type { StoredMessage } from "./message-store.ts";

/** What the store knows of a user and a room, under a mark that is another as soon as any of it is. */
export interface MarkedFacts {
  readonly facts: AccessRow;
  readonly mark: string;
  /** The room's last number. */
  readonly head: number;
}

/** A message to be posted if all is as it was when it was decided that it may be. */
export interface Posting {
  /** Answers nothing, mentions nobody, carries nothing. */
  readonly message: Omit<StoredMessage, "sequence" | "ordinal">;
  /** The event that tells of it. */
  readonly event: NumberedBody;
  /** Of the facts by which it was decided. */
  readonly mark: string;
  readonly request: Request;
}

export type Posted =
  | { readonly outcome: "posted"; readonly sequence: number; readonly ordinal: number }
  /** The facts are others, or the number did not fit into the event: decide again. Nothing happened. */
  | { readonly outcome: "changed"; readonly marked: MarkedFacts | undefined }
  | { readonly outcome: "misfit"; readonly head: number }
  /** The request came before, or the store refused it: find out the long way. Nothing happened. */
  | { readonly outcome: "unclear" };

/** Posts messages in one round trip each, as writes of their own, without asking before. */
export interface Postings {
  /** Undefined without a room. */
  marked(userId: UserId, roomId: RoomId): Promise<MarkedFacts | undefined>;
  /** Those of one room are stored in the order in which they came. Throws UNAVAILABLE when nobody knows whether it is, or too many wait. */
  post(posting: Posting): Promise<Posted>;
}
