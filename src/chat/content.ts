import { Failure, Reason } from "../platform/failure.ts";
import { contentFault, holdsBlockedWord } from "./content-rules.ts";
import { blockedWord } from "./errors.ts";
import type { Room } from "./store/room-store.ts";

/** A field breaks a rule that the contract cannot say; `sentence` says which one. */
export const invalidField = (sentence: string) => new Failure(Reason.INVALID_FIELD, { sentence });

/** Throws INVALID_FIELD for words that no room takes. */
export function requireContent(content: string): void {
  const fault = contentFault(content);
  if (fault !== undefined) throw invalidField(fault);
}

/** Throws BLOCKED_WORD for words that this room does not take, whoever says them. */
export function requireAllowedWords(room: Pick<Room, "blockedWords">, content: string): void {
  if (holdsBlockedWord(content, room.blockedWords)) throw blockedWord();
}
