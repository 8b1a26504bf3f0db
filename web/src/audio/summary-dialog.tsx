import type { StreamSummary } from "#gen/veza/stream/v1/stream_pb.ts";
import { longTime, secondsOf } from "../text/durations.ts";
import { counted } from "../text/plural.ts";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { Figure, Figures } from "../ui/figures.tsx";

/** What a broadcast came to. */
export function SummaryDialog({ summary, onClose }: { readonly summary: StreamSummary; readonly onClose: () => void }) {
  const { duration, uniqueListeners, maxConcurrent, totalListenTime, recordingIds } = summary;
  return (
    <Dialog title="The broadcast is over" onClose={onClose}>
      <Figures>
        <Figure name="On air" value={longTime(secondsOf(duration))} />
        <Figure name="Listeners" value={String(uniqueListeners)} />
        <Figure name="At once, at most" value={String(maxConcurrent)} />
        <Figure name="Listened together" value={longTime(secondsOf(totalListenTime))} />
      </Figures>
      {recordingIds.length > 0 && (
        <p>{counted(recordingIds.length, "recording")} of it can be played below, as soon as it is closed.</p>
      )}
      <div class="dialog-actions">
        <Button kind="primary" onClick={onClose}>
          Done
        </Button>
      </div>
    </Dialog>
  );
}
