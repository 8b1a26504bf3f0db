const letterA = 97;
const letterZ = 122;

/** What a subject is about: its first two names, or one where the second is an id. A handful in all. */
export function kindOf(subject: string): string {
  const first = subject.indexOf(".");
  if (first === -1) return subject;
  const beginning = subject.charCodeAt(first + 1);
  if (beginning < letterA || beginning > letterZ) return subject.slice(0, first);
  const second = subject.indexOf(".", first + 1);
  return second === -1 ? subject : subject.slice(0, second);
}
