import { useRef } from "preact/hooks";
import type { Message } from "#gen/veza/chat/v1/message_pb.ts";
import { useWorkspace } from "../app/use-workspace.ts";
import { counted } from "../text/plural.ts";
import { Icon } from "../ui/icon.tsx";

interface JumpToLatestProps {
  readonly messages: readonly Message[];
  /** Whether there are later messages than these. */
  readonly hasNewer: boolean;
  readonly onJump: () => void;
}

/** For who reads further up: how much came meanwhile, and the way back. */
export function JumpToLatest({ messages, hasNewer, onJump }: JumpToLatestProps) {
  const { account } = useWorkspace();
  // It appears when the reader leaves the end: what comes after that is new to them.
  const leftAt = useRef(messages.at(-1)?.sequence ?? 0n);
  const fresh = hasNewer
    ? []
    : messages.filter(({ sequence, senderId }) => sequence > leftAt.current && senderId !== account.userId);
  return (
    <button type="button" class={fresh.length > 0 ? "jump jump-fresh" : "jump"} onClick={onJump}>
      <Icon name="down" />
      {fresh.length > 0 ? counted(fresh.length, "new message") : "Jump to latest"}
    </button>
  );
}
