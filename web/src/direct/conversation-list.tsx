import { useEffect } from "preact/hooks";
import type { Message } from "#gen/veza/chat/v1/message_pb.ts";
import { Link } from "../app/link.tsx";
import { paths, route } from "../app/router.ts";
import { useWorkspace } from "../app/use-workspace.ts";
import { DraftMark } from "../composer/draft-mark.tsx";
import { PersonAvatar } from "../presence/person-avatar.tsx";
import { plainText } from "../text/markup.ts";
import { UnreadBadge } from "../unread/unread-badge.tsx";

/** The person's direct conversations. Not there while there are none: the way to one begins at a member of a room. */
export function ConversationList() {
  const { conversations, unread, account, presence, drafts, places } = useWorkspace();
  const at = route.value;
  const list = conversations.list.value;
  useEffect(() => presence.want(list.map(({ otherUserId }) => otherUserId)), [list]);
  if (list.length === 0) return null;
  return (
    <section aria-labelledby="conversations-title">
      <div class="list-head">
        <h2 id="conversations-title">Direct messages</h2>
      </div>
      <ul class="list">
        {list.map(({ roomId, otherUserId, otherUsername, lastMessage, isOnline }) => (
          <li key={roomId}>
            <Link
              to={paths.direct(otherUserId)}
              class={unread.of(roomId).count > 0 ? "row row-tall row-unread" : "row row-tall"}
              isCurrent={at.page === "direct" && at.userId === otherUserId}
            >
              <PersonAvatar userId={otherUserId} username={otherUsername} isOnline={isOnline} />
              <span class="row-words">
                <span class="row-name">{otherUsername || "Deleted account"}</span>
                {lastMessage !== undefined && (
                  <span class="row-note">{lastWords(lastMessage, lastMessage.senderId === account.userId)}</span>
                )}
              </span>
              {drafts.of(places.keyOf(roomId)) !== "" && !(at.page === "direct" && at.userId === otherUserId) && (
                <DraftMark />
              )}
              <UnreadBadge unread={unread.of(roomId)} />
            </Link>
          </li>
        ))}
      </ul>
    </section>
  );
}

function lastWords({ isDeleted, content, attachments }: Message, isOwn: boolean): string {
  if (isDeleted) return "Message deleted";
  const words = plainText(content) || (attachments[0]?.filename ?? "");
  return isOwn ? `You: ${words}` : words;
}
