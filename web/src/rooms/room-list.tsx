import { RoomType } from "#gen/veza/chat/v1/room_pb.ts";
import { Link } from "../app/link.tsx";
import { paths, route } from "../app/router.ts";
import { useWorkspace } from "../app/use-workspace.ts";
import { Icon } from "../ui/icon.tsx";
import { Skeleton } from "../ui/skeleton.tsx";
import { UnreadBadge } from "../unread/unread-badge.tsx";

/** The rooms that the person is in. */
export function RoomList({ onCreate }: { readonly onCreate: () => void }) {
  const { rooms, unread } = useWorkspace();
  const at = route.value;
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
        <li key={room.id}>
          <Link
            to={paths.room(room.id)}
            class={unread.of(room.id).count > 0 ? "row row-unread" : "row"}
            isCurrent={at.page === "room" && at.roomId === room.id}
          >
            <Icon name={room.type === RoomType.PRIVATE ? "lock" : "hash"} />
            <span class="row-name" title={room.name}>
              {room.name}
            </span>
            {!room.isActive && <span class="row-note">archived</span>}
            <UnreadBadge unread={unread.of(room.id)} />
          </Link>
        </li>
      ))}
    </ul>
  );
}
