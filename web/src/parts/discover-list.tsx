import { paths, route } from "../state/router.ts";
import { counted } from "../text/plural.ts";
import { Icon } from "./icon.tsx";
import { Link } from "./link.tsx";
import { useAction } from "./use-action.ts";
import { useWorkspace } from "./use-workspace.ts";

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
