/** Somebody who can be mentioned. */
export interface Candidate {
  readonly userId: string;
  readonly username: string;
}

/** What is being written behind an @, up to the caret. */
export interface MentionDraft {
  /** Where the @ stands. */
  readonly start: number;
  readonly words: string;
}

const MOST = 8;
const DRAFT = /(?<![\p{L}\p{N}\p{M}_.@-])@([\p{L}\p{N}\p{M}._-]*)$/u;

/** The mention that the caret stands in; undefined when it stands in none. */
export function mentionAt(text: string, caret: number): MentionDraft | undefined {
  const words = DRAFT.exec(text.slice(0, caret))?.[1];
  return words === undefined ? undefined : { start: caret - words.length - 1, words };
}

/** Those whose name begins with the words. */
export function startingWith(candidates: readonly Candidate[], words: string): readonly Candidate[] {
  const sought = words.toLowerCase();
  return candidates.filter(({ username }) => username.toLowerCase().startsWith(sought));
}

/** Those whose name begins with the words, then those whose name holds them. */
export function suggest(candidates: readonly Candidate[], words: string): readonly Candidate[] {
  const sought = words.toLowerCase();
  const ranked = candidates
    .map((candidate) => ({ candidate, at: candidate.username.toLowerCase().indexOf(sought) }))
    .filter(({ at }) => at >= 0)
    .sort((a, b) => Number(a.at > 0) - Number(b.at > 0) || a.candidate.username.localeCompare(b.candidate.username));
  return ranked.slice(0, MOST).map(({ candidate }) => candidate);
}

/** The text with the name in the draft's place, and where the caret goes. */
export function complete(text: string, caret: number, draft: MentionDraft, username: string) {
  const before = `${text.slice(0, draft.start)}@${username} `;
  return { text: before + text.slice(caret).replace(/^ /, ""), caret: before.length };
}
