import { useEffect, useState } from "preact/hooks";
import { StreamSort } from "#gen/veza/stream/v1/stream_pb.ts";
import { BackLink } from "../app/back-link.tsx";
import { useWorkspace } from "../app/use-workspace.ts";
import { Button } from "../ui/button.tsx";
import { Empty } from "../ui/empty.tsx";
import { SelectField } from "../ui/select-field.tsx";
import { Skeleton } from "../ui/skeleton.tsx";
import { complain } from "../ui/toasts.ts";
import { CreateStreamDialog } from "./create-stream-dialog.tsx";
import { StreamCard } from "./stream-card.tsx";

const SORTS = [
  { value: StreamSort.LISTENERS, label: "Most listeners first" },
  { value: StreamSort.RECENT, label: "Newest first" },
  { value: StreamSort.TITLE, label: "By title" },
] as const;

/** What can be heard now, and one's own streams. */
export function StreamsPage() {
  const { streams } = useWorkspace();
  const [isCreating, setCreating] = useState(false);
  const live = streams.live.value;
  const own = streams.own.value;

  useEffect(() => {
    streams.loadLive().catch(complain);
    streams.loadOwn().catch(complain);
  }, [streams]);

  function sortBy(next: StreamSort): void {
    streams.sort.value = next;
    streams.loadLive().catch(complain);
  }

  return (
    <div class="settings">
      <header class="place-head">
        <BackLink />
        <div class="place-title">
          <h1>Live audio</h1>
          <p>What can be heard right now</p>
        </div>
        <div class="place-actions">
          <Button kind="primary" icon="plus" onClick={() => setCreating(true)}>
            Create a stream
          </Button>
        </div>
      </header>
      <div class="settings-body">
        <section class="cards-section" aria-labelledby="on-air-title">
          <div class="cards-head">
            <h2 id="on-air-title">On air now</h2>
            {(live?.length ?? 0) > 1 && (
              <SelectField label="Order" isQuiet value={streams.sort.value} options={SORTS} onChange={sortBy} />
            )}
          </div>
          {live === undefined ? (
            <Skeleton label="Loading streams" kind="rows" count={3} />
          ) : live.length === 0 ? (
            <Empty
              icon="radio"
              title="Nobody is on air"
              text="Create a stream and go live from your microphone, a file or any program that speaks to Icecast."
            />
          ) : (
            <ul class="cards">
              {live.map((stream) => (
                <StreamCard key={stream.id} stream={stream} />
              ))}
            </ul>
          )}
        </section>
        {own !== undefined && own.length > 0 && (
          <section class="cards-section" aria-labelledby="own-title">
            <h2 id="own-title">Your streams</h2>
            <ul class="cards">
              {own.map((stream) => (
                <StreamCard key={stream.id} stream={stream} />
              ))}
            </ul>
          </section>
        )}
      </div>
      {isCreating && <CreateStreamDialog onClose={() => setCreating(false)} />}
    </div>
  );
}
