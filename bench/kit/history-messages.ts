const words =
  "album bass beat chord chorus crowd drum echo encore festival groove guitar harmony hook jazz keys live lyric melody mix night note piano record remix rhythm riff set show song sound stage synth tempo tonight tour track tune vinyl voice".split(
    " ",
  );

/** One message in so many. */
export const oneIn = { uncommonWord: 20, deleted: 100 };
/** How often the rare word is said, however much is said in all. */
export const rareWordSaid = 10;

/** Who fills which room with how many messages, after those that are there. */
export interface Filling {
  readonly roomId: string;
  readonly senderId: string;
  readonly count: number;
}

export interface FilledMessage {
  readonly id: string;
  readonly sequence: number;
  /** Empty when it is deleted. */
  readonly content: string;
  readonly isDeleted: boolean;
}

/** A message's id, which sorts as its number does. */
export function messageIdOf(sequence: number): string {
  return `01900000-0000-7000-8000-${sequence.toString(16).padStart(12, "0")}`;
}

/** The messages of a room whose last event so far has the number `head`. */
export function* messagesAfter(head: number, count: number): Generator<FilledMessage> {
  for (let index = 1; index <= count; index += 1) {
    const sequence = head + index;
    const isDeleted = index % oneIn.deleted === 0;
    yield {
      id: messageIdOf(sequence),
      sequence,
      isDeleted,
      content: isDeleted ? "" : contentOf(index, count),
    };
  }
}

export function deletedOf(count: number): number {
  return Math.floor(count / oneIn.deleted);
}

/** Ten words, other ones for each number, and one of a few thousand; some that are said less often. */
function contentOf(index: number, count: number): string {
  const picked = Array.from({ length: 10 }, (_, i) => words[(index * (i + 7) + i * i * 13) % words.length]);
  picked.push(`word${(index * 40503) % 3001}`);
  if (index % oneIn.uncommonWord === 1) picked.push("theremin");
  if (index % (count / rareWordSaid) === 2) picked.push("ocarina");
  return picked.join(" ");
}
