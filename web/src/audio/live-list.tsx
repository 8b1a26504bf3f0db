import { Link } from "../app/link.tsx";
import { paths, route } from "../app/router.ts";
import { useWorkspace } from "../app/use-workspace.ts";
import { Icon } from "../ui/icon.tsx";

/** So many fit beside the rooms; the page has the others. */
const SHOWN = 5;

/** What is on air, in the list of everywhere one can go. */
export function LiveList() {
  const { streams } = useWorkspace();
  const at = route.value;
  const live = streams.live.value ?? [];
  const more = streams.liveCount.value - Math.min(SHOWN, live.length);
  return (
    <section aria-labelledby="live-title">
      <div class="list-head">
        <h2 id="live-title">Live audio</h2>
      </div>
      <ul class="list">
        {live.slice(0, SHOWN).map((stream) => (
          <li key={stream.id}>
            <Link
              to={paths.stream(stream.id)}
              class="row"
              isCurrent={at.page === "stream" && at.streamId === stream.id}
            >
              <Icon name="radio" />
              <span class="row-name">{stream.title}</span>
              <span class="row-note row-count">
                <Icon name="headphones" />
                {stream.listenerCount}
                <span class="hidden"> listening</span>
              </span>
            </Link>
          </li>
        ))}
        <li>
          <Link to={paths.streams} class="row row-quiet" isCurrent={at.page === "streams"}>
            <Icon name="headphones" />
            <span class="row-name">
              {live.length === 0 ? "Streams" : more > 0 ? `All streams, ${more} more on air` : "All streams"}
            </span>
          </Link>
        </li>
      </ul>
    </section>
  );
}
