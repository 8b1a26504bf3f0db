import { useState } from "preact/hooks";
import { type Stream, StreamStatus, type StreamSummary } from "#gen/veza/stream/v1/stream_pb.ts";
import { useWorkspace } from "../app/use-workspace.ts";
import { isOnAir } from "../text/streams.ts";
import { StudioControls } from "./studio-controls.tsx";
import { StudioStart } from "./studio-start.tsx";
import { SummaryDialog } from "./summary-dialog.tsx";

/** What the streamer does with a stream: goes on air, looks after it, takes it off again. */
export function Studio({ stream }: { readonly stream: Stream }) {
  const { sound } = useWorkspace();
  const [summary, setSummary] = useState<StreamSummary>();
  const aired = sound.aired.value?.streamId === stream.id ? sound.aired.value : undefined;
  const wantsSource = aired === undefined && !(isOnAir(stream) && stream.hasSource);
  return (
    <section class="stage-section studio" aria-labelledby="studio-title">
      <h2 id="studio-title">Your studio</h2>
      {(aired !== undefined || isOnAir(stream)) && (
        <StudioControls stream={stream} aired={aired} onSummary={setSummary} />
      )}
      {wantsSource && (
        <>
          {stream.status === StreamStatus.LIVE && (
            <p class="stage-text">The stream is on air, and nothing sends to it right now.</p>
          )}
          <StudioStart stream={stream} />
        </>
      )}
      {summary !== undefined && <SummaryDialog summary={summary} onClose={() => setSummary(undefined)} />}
    </section>
  );
}
