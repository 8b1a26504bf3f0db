import { useState } from "preact/hooks";
import { type Stream, StreamStatus } from "#gen/veza/stream/v1/stream_pb.ts";
import { useWorkspace } from "../app/use-workspace.ts";
import { Button } from "../ui/button.tsx";
import { ConfirmDialog } from "../ui/confirm-dialog.tsx";
import { CopyField } from "../ui/copy-field.tsx";
import { useAction } from "../ui/use-action.ts";

/** How another program sends to the stream. The key is told once: then only a new one can be made. */
export function StreamKeyBox({ stream }: { readonly stream: Stream }) {
  const { clients, streams } = useWorkspace();
  const [isAsking, setAsking] = useState(false);
  const held = streams.keyOf(stream.id);
  const url = held?.ingestUrls.find((each) => each.startsWith("icecast:")) ?? "";
  // A new stream goes on air with its first sound; one that was stopped waits for its streamer.
  const isStopped = stream.status === StreamStatus.ENDED || stream.status === StreamStatus.ERROR;
  const [open, isOpening] = useAction(async () => {
    streams.put((await clients.stream.startStream({ streamId: stream.id })).stream);
  });
  return (
    <div class="own-source">
      {isStopped && (
        <>
          <p class="stage-text">The stream is off air and takes no sound. Take it on air, then start your program.</p>
          <Button kind="primary" icon="radio" isBusy={isOpening} onClick={() => void open()}>
            Take it on air
          </Button>
        </>
      )}
      {held === undefined ? (
        <p class="stage-text">
          Programs that speak to Icecast send with the stream key. It was shown when the stream was made; if it is lost,
          make a new one.
        </p>
      ) : (
        <>
          <CopyField label="Stream key" value={held.key} />
          <p class="stage-text">
            It is shown until you leave this page, and never again. Whoever has it can broadcast here.
          </p>
          <CopyField
            label="With ffmpeg"
            value={`ffmpeg -re -i song.mp3 -c:a libmp3lame -f mp3 ${url.replace("://", `://source:${held.key}@`)}`}
          />
          <CopyField label="With other programs: address, user “source”" value={url.replace(/^icecast:/, "http:")} />
        </>
      )}
      <Button icon="key" onClick={() => setAsking(true)}>
        Make a new key
      </Button>
      {isAsking && (
        <ConfirmDialog
          title="Make a new stream key?"
          text="The old key stops working at once: programs that have it need the new one. What is on air stays on air."
          verb="Make a new key"
          onConfirm={() => streams.rotateKey(stream.id)}
          onClose={() => setAsking(false)}
        />
      )}
    </div>
  );
}
