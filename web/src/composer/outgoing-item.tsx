import { useWorkspace } from "../app/use-workspace.ts";
import { MessageText } from "../messages/message-text.tsx";
import { finished, sentenceOfProblem } from "../text/sentences.ts";
import { clockText } from "../text/times.ts";
import { Avatar } from "../ui/avatar.tsx";
import { Icon } from "../ui/icon.tsx";
import type { Outgoing } from "./outbox.ts";

/** A message of one's own that the service has not taken yet. */
export function OutgoingItem({ item }: { readonly item: Outgoing }) {
  const { account, outbox } = useWorkspace();
  const { problem, state } = item;
  return (
    <li class={`message message-first message-${state}`}>
      <Avatar userId={account.userId} username={account.username} />
      <div class="message-body">
        <p class="message-head">
          <b class="message-name">{account.username}</b> <time>{clockText(new Date(item.writtenAt))}</time>
        </p>
        {item.content !== "" && <MessageText content={item.content} />}
        {item.files?.map(({ id, filename }) => (
          <p key={id} class="slip-file">
            {filename}
          </p>
        ))}
        {state === "sending" && (
          <p class="message-note">
            <Icon name="clock" /> Sending…
          </p>
        )}
        {state === "waiting" && (
          <p class="message-note">
            <Icon name="clock" /> Not sent yet, trying again: {problem === undefined ? "" : finished(problem.sentence)}
          </p>
        )}
        {state === "failed" && (
          <p class="message-note message-note-wrong" role="alert">
            <Icon name="warning" /> Not sent. {problem === undefined ? "" : sentenceOfProblem(problem)}{" "}
            <button type="button" class="text-button" onClick={() => outbox.retry(item)}>
              Try again
            </button>{" "}
            <button type="button" class="text-button" onClick={() => outbox.remove(item.requestId)}>
              Discard
            </button>
          </p>
        )}
      </div>
    </li>
  );
}
