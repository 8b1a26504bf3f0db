import { useComputed } from "@preact/signals";
import { type Room, RoomType } from "#gen/veza/chat/v1/room_pb.ts";
import { Link } from "../app/link.tsx";
import { paths, route } from "../app/router.ts";
import { useWorkspace } from "../app/use-workspace.ts";
import { DraftMark } from "../composer/draft-mark.tsx";
import { Icon } from "../ui/icon.tsx";
import { Skeleton } from "../ui/skeleton.tsx";
import { UnreadBadge } from "../unread/unread-badge.tsx";

/** The rooms that the person is in. */
export function RoomList({ onCreate }: { readonly onCreate: () => void }) {
  const { rooms } = useWorkspace();
  if (!rooms.isLoaded.value) return <Skeleton label="Loading rooms" kind="rows" count={4} />;
  if (rooms.joined.value.length === 0) {
    return (
      <p class="list-empty">
        You are in no room yet. Join one below, or{" "}
        <button type="button" class="text-button" onClick={onCreate}>
          create one
        </button>
        .
      </p>
    );
  }
  return (
    <ul class="list">
      {rooms.joined.value.map((room) => (
        <RoomRow key={room.id} room={room} />
      ))}
    </ul>
  );
}

/** By itself, so that a word in one room does not draw the others anew. */
function RoomRow({ room: { id, name, type, isActive } }: { readonly room: Room }) {
  const { unread, drafts } = useWorkspace();
  const hasDraft = useComputed(() => drafts.of(id) !== "").value;
  const counted = useComputed(() => unread.of(id)).value;
  const isCurrent = useComputed(() => route.value.page === "room" && route.value.roomId === id).value;
  return (
    <li>
      <Link to={paths.room(id)} class={counted.count > 0 ? "row row-unread" : "row"} isCurrent={isCurrent}>
        <Icon name={type === RoomType.PRIVATE ? "lock" : "hash"} />
        <span class="row-name" title={name}>
          {name}
        </span>
        {!isActive && <span class="row-note">archived</span>}
        {hasDraft && !isCurrent && <DraftMark />}
        <UnreadBadge unread={counted} />
      </Link>
    </li>
  );
}
