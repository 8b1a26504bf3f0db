import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { useEffect, useState } from "preact/hooks";
import type { StreamAnalytics } from "#gen/veza/stream/v1/analytics_pb.ts";
import type { Stream } from "#gen/veza/stream/v1/stream_pb.ts";
import { useWorkspace } from "../app/use-workspace.ts";
import { longTime, secondsOf } from "../text/durations.ts";
import { sentenceOf } from "../text/sentences.ts";
import { qualityText } from "../text/streams.ts";
import { BarPlot } from "../ui/bar-plot.tsx";
import { Choice } from "../ui/choice.tsx";
import { Figure, Figures } from "../ui/figures.tsx";
import { Skeleton } from "../ui/skeleton.tsx";
import { beginOf, listeningBars, SPANS, type Span } from "./listening-bars.ts";

const CHOICES = [
  { value: "day", label: "24 hours" },
  { value: "month", label: "30 days" },
] as const;

/** While it is looked at, it is read again so often. */
const READ_EVERY_MS = 60_000;

interface Known {
  readonly span: Span;
  readonly readAt: Date;
  readonly analytics: StreamAnalytics;
}

/** How much a stream was listened to, for its streamer. */
export function StreamStatistics({ stream }: { readonly stream: Stream }) {
  const { clients } = useWorkspace();
  const [span, setSpan] = useState<Span>("day");
  const [known, setKnown] = useState<Known>();
  const [problem, setProblem] = useState<string>();

  useEffect(() => {
    const looking = new AbortController();
    async function read(): Promise<void> {
      const readAt = new Date();
      const startAt = timestampFromDate(beginOf(span, readAt));
      try {
        const request = { streamId: stream.id, startAt };
        const { analytics } = await clients.stream.getStreamAnalytics(request, { signal: looking.signal });
        if (analytics !== undefined) setKnown({ span, readAt, analytics });
        setProblem(undefined);
      } catch (thrown) {
        if (!looking.signal.aborted) setProblem(sentenceOf(thrown));
      }
    }
    void read();
    const timer = setInterval(() => document.visibilityState === "visible" && void read(), READ_EVERY_MS);
    return () => {
      clearInterval(timer);
      looking.abort();
    };
  }, [span, stream.id, stream.status]);

  return (
    <section class="stage-section" aria-labelledby="statistics-title">
      <div class="stage-head">
        <h2 id="statistics-title">Statistics</h2>
        <Choice legend="Time" isQuiet isNarrow value={span} options={CHOICES} onChange={setSpan} />
      </div>
      {known !== undefined ? (
        <Numbers known={known} />
      ) : problem !== undefined ? (
        <p class="stage-text">{problem}</p>
      ) : (
        <Skeleton label="Loading statistics" kind="rows" count={3} />
      )}
    </section>
  );
}

function Numbers({ known: { span, readAt, analytics } }: { readonly known: Known }) {
  const { uniqueListeners, maxConcurrent, totalListenTime, averageSessionDuration, qualityDistribution } = analytics;
  if (uniqueListeners === 0) return <p class="stage-text">Nobody has listened in this time.</p>;
  const bars = listeningBars(span, analytics.hourlyActivity, readAt);
  const { title, nameEvery } = SPANS[span];
  const highest = longTime(Math.max(...bars.map(({ value }) => value)));
  return (
    <>
      <Figures>
        <Figure name="Listeners" value={String(uniqueListeners)} />
        <Figure name="At once, at most" value={String(maxConcurrent)} />
        <Figure name="Listened together" value={longTime(secondsOf(totalListenTime))} />
        <Figure name="At a time, on average" value={longTime(secondsOf(averageSessionDuration))} />
      </Figures>
      <BarPlot title={title} bars={bars} highest={highest} nameEvery={nameEvery} />
      {qualityDistribution.length > 1 && (
        <Figures>
          {qualityDistribution.map(({ quality, share }) => (
            <Figure key={quality} name={qualityText(quality)} value={`${Math.round(share * 100)} %`} share={share} />
          ))}
        </Figures>
      )}
    </>
  );
}
