import { useState } from "preact/hooks";
import type { Stream } from "#gen/veza/stream/v1/stream_pb.ts";
import { Button } from "./button.tsx";
import { ConfirmDialog } from "./confirm-dialog.tsx";
import { CopyField } from "./copy-field.tsx";
import { useWorkspace } from "./use-workspace.ts";

/** How another program sends to the stream. The key is told once: then only a new one can be made. */
export function StreamKeyBox({ stream }: { readonly stream: Stream }) {
  const { streams } = useWorkspace();
  const [isAsking, setAsking] = useState(false);
  const held = streams.keyOf(stream.id);
  const url = held?.ingestUrls.find((each) => each.startsWith("icecast:")) ?? "";
  return (
    <div class="own-source">
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
