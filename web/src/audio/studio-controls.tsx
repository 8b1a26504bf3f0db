import { useEffect, useState } from "preact/hooks";
import { RecordingStatus } from "#gen/veza/stream/v1/recording_pb.ts";
import { type Stream, StreamStatus, type StreamSummary } from "#gen/veza/stream/v1/stream_pb.ts";
import type { BroadcastStatus } from "../../../src/client/browser.ts";
import { useWorkspace } from "../app/use-workspace.ts";
import { playingTime } from "../text/durations.ts";
import { newRequestId } from "../text/request-id.ts";
import { isOnAir, trackText } from "../text/streams.ts";
import { Button } from "../ui/button.tsx";
import { ConfirmDialog } from "../ui/confirm-dialog.tsx";
import { note } from "../ui/toasts.ts";
import { useAction } from "../ui/use-action.ts";
import { LevelMeter } from "./level-meter.tsx";
import { MicrophoneSelect } from "./microphone-select.tsx";
import type { Aired } from "./sound.ts";
import { StreamKeyBox } from "./stream-key-box.tsx";
import { TrackDialog } from "./track-dialog.tsx";

interface StudioControlsProps {
  readonly stream: Stream;
  /** Undefined when the sound comes from elsewhere. */
  readonly aired: Aired | undefined;
  readonly onSummary: (summary: StreamSummary) => void;
}

/** On air: what one's own sound looks like, and what can be done with the stream. */
export function StudioControls({ stream, aired, onSummary }: StudioControlsProps) {
  const { clients, streams, sound } = useWorkspace();
  const [open, setOpen] = useState<"track" | "stop">();
  const streamId = stream.id;
  const isPaused = stream.status === StreamStatus.PAUSED;
  const track = trackText(stream.metadata);

  const [togglePause, isPausing] = useAction(async () => {
    const changed = isPaused
      ? await clients.stream.resumeStream({ streamId })
      : await clients.stream.pauseStream({ streamId });
    streams.put(changed.stream);
    if (aired === undefined) return;
    // A file waits with the stream; a microphone goes on unheard.
    if (isPaused) aired.handle.input.play();
    else aired.handle.input.pause();
  });

  const [toggleRecording, isSwitching] = useAction(async () => {
    if (stream.isRecording) {
      const page = await clients.stream.getRecordings({ streamId, pageSize: 5 });
      const running = page.recordings.find(({ status }) => status === RecordingStatus.RECORDING);
      if (running !== undefined) await clients.stream.stopRecording({ recordingId: running.id });
    } else await clients.stream.startRecording({ streamId, requestId: newRequestId() });
    await streams.refresh(streamId);
  });

  async function stop(): Promise<void> {
    const own = sound.aired.peek();
    if (own?.streamId === streamId) {
      own.handle.stop();
      await own.handle.over;
    }
    const { summary } = await clients.stream.stopStream({ streamId });
    await streams.refresh(streamId);
    if (summary !== undefined) onSummary(summary);
    else note("The broadcast is over.");
  }

  return (
    <div class="studio-live">
      {aired !== undefined && <OwnSound aired={aired} />}
      {aired === undefined && stream.hasSource && (
        <>
          <p class="stage-text">The sound comes from another program or tab. It stays on air without this page.</p>
          <details class="stage-text">
            <summary>Stream key</summary>
            <StreamKeyBox stream={stream} />
          </details>
        </>
      )}
      {isOnAir(stream) && (
        <div class="studio-actions">
          <Button icon={isPaused ? "play" : "pause"} isBusy={isPausing} onClick={() => void togglePause()}>
            {isPaused ? "Resume" : "Pause"}
          </Button>
          <Button
            icon={stream.isRecording ? "stop" : "record"}
            isBusy={isSwitching}
            onClick={() => void toggleRecording()}
          >
            {stream.isRecording ? "Stop recording" : "Record"}
          </Button>
          <Button icon="music" onClick={() => setOpen("track")}>
            {track === "" ? "Say what is playing" : "Change what is playing"}
          </Button>
          <Button kind="danger" icon="stop" onClick={() => setOpen("stop")}>
            End the broadcast
          </Button>
        </div>
      )}
      {open === "track" && <TrackDialog stream={stream} onClose={() => setOpen(undefined)} />}
      {open === "stop" && (
        <ConfirmDialog
          title="End the broadcast?"
          text="The stream goes off air for everybody who listens. You can go on air again at any time."
          verb="End it"
          onConfirm={stop}
          onClose={() => setOpen(undefined)}
        />
      )}
    </div>
  );
}

/** The sound that this tab sends. */
function OwnSound({ aired }: { readonly aired: Aired }) {
  const { handle, status, isMuted } = aired;
  const { input } = handle;
  const choice = input.choice();
  const figures = useEverySecond(() => ({ ...handle.figures(), progress: input.progress() }));
  return (
    <div class="own-sound">
      <div class="own-sound-row">
        <LevelMeter label="How loud you are" kind="bar" read={isMuted.value ? undefined : input.level} />
        <Button
          icon={isMuted.value ? "muted" : "microphone"}
          onClick={() => {
            input.setMuted(!isMuted.peek());
            isMuted.value = !isMuted.peek();
          }}
        >
          {isMuted.value ? "Unmute" : "Mute"}
        </Button>
      </div>
      <p class="player-words">
        <span role="status">{isMuted.value ? "Nobody hears you: you are muted." : sendingWords(status.value)}</span>
        <span class="player-figures">
          {choice.kind === "file" && `${choice.file.name} · `}
          {figures.progress !== undefined &&
            `${playingTime(figures.progress.position)} / ${playingTime(figures.progress.duration)} · `}
          {figures.waitingMs > 500
            ? `${(figures.waitingMs / 1000).toFixed(1)} s wait to be sent`
            : `sent in ${Math.round(figures.roundTripMs)} ms`}
        </span>
      </p>
      {figures.droppedMs > 0 && (
        <p class="stage-text">
          Your connection is too slow: {Math.round(figures.droppedMs / 100) / 10} s of sound were left out.
        </p>
      )}
      {choice.kind === "microphone" && <MicrophoneSelect input={input} />}
    </div>
  );
}

function sendingWords(status: BroadcastStatus): string {
  return SENDING_WORDS[status.kind];
}

const SENDING_WORDS: Record<BroadcastStatus["kind"], string> = {
  starting: "Going on air…",
  live: "You are on air.",
  taken: "Another source holds the stream. Waiting for it to let go…",
  waiting: "The connection is lost. Trying again; a few seconds of sound are kept.",
  over: "Off air.",
};

function useEverySecond<T>(read: () => T): T {
  const [value, setValue] = useState(read);
  useEffect(() => {
    const timer = setInterval(() => setValue(read()), 1000);
    return () => clearInterval(timer);
  }, []);
  return value;
}
