import { useWorkspace } from "../app/use-workspace.ts";

/** Who types. Its place is always there, so that nothing jumps. */
export function TypingLine({ roomId }: { readonly roomId: string | undefined }) {
  const { typing } = useWorkspace();
  const names = roomId === undefined ? [] : typing.in(roomId);
  return <p class="typing-line">{wordsFor(names)}</p>;
}

function wordsFor(names: readonly string[]): string {
  const [first, second] = names;
  if (first === undefined) return "";
  if (second === undefined) return `${first} is typing…`;
  return names.length === 2 ? `${first} and ${second} are typing…` : "Several people are typing…";
}
