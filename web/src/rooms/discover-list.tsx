import { Link } from "../app/link.tsx";
import { paths, route } from "../app/router.ts";
import { useWorkspace } from "../app/use-workspace.ts";
import { counted } from "../text/plural.ts";
import { Icon } from "../ui/icon.tsx";
import { useAction } from "../ui/use-action.ts";

/** The rooms that could be joined. */
export function DiscoverList() {
  const { rooms } = useWorkspace();
  const at = route.value;
  const [readMore, isBusy] = useAction(rooms.discoverMore);
  const list = rooms.discoverable.value;
  if (list.length === 0) return null;
  return (
    <section aria-labelledby="discover-title">
      <div class="list-head">
        <h2 id="discover-title">Discover</h2>
      </div>
      <ul class="list">
        {list.map((room) => (
          <li key={room.id}>
            <Link
              to={paths.room(room.id)}
              class="row row-quiet"
              isCurrent={at.page === "room" && at.roomId === room.id}
            >
              <Icon name="hash" />
              <span class="row-name" title={room.name}>
                {room.name}
              </span>
              <span class="row-note">{counted(room.memberCount, "member")}</span>
            </Link>
          </li>
        ))}
      </ul>
      {rooms.hasMoreToDiscover.value && (
        <button type="button" class="text-button list-more" aria-busy={isBusy} onClick={() => void readMore()}>
          {isBusy ? "Loading…" : "Show more rooms"}
        </button>
      )}
    </section>
  );
}
