import { useEffect, useRef, useState } from "preact/hooks";
import { type Stream, StreamStatus } from "#gen/veza/stream/v1/stream_pb.ts";
import type { AudioInput, InputChoice } from "../../../src/client/browser.ts";
import { useWorkspace } from "../app/use-workspace.ts";
import { playingTime } from "../text/durations.ts";
import { Button } from "../ui/button.tsx";
import { Choice } from "../ui/choice.tsx";
import { complain } from "../ui/toasts.ts";
import { useAction } from "../ui/use-action.ts";
import { complainOfInput } from "./input-problem.ts";
import { LevelMeter } from "./level-meter.tsx";
import { MicrophoneSelect } from "./microphone-select.tsx";
import { StreamKeyBox } from "./stream-key-box.tsx";

type Source = "microphone" | "file" | "program";

const SOURCES = [
  { value: "microphone", label: "Microphone", hint: "Of this machine." },
  { value: "file", label: "A file", hint: "Played live from here." },
  { value: "program", label: "A program", hint: "ffmpeg, Mixxx, butt…" },
] as const;

/** Off air: where the sound shall come from. */
export function StudioStart({ stream }: { readonly stream: Stream }) {
  const { streams } = useWorkspace();
  // A key that is shown once is shown first.
  const isNew = stream.status === StreamStatus.CREATED && streams.keyOf(stream.id) !== undefined;
  const [source, setSource] = useState<Source>(isNew ? "program" : "microphone");
  return (
    <div class="studio-start">
      <Choice legend="Where does the sound come from?" value={source} options={SOURCES} onChange={setSource} />
      {source === "program" ? (
        <StreamKeyBox stream={stream} />
      ) : (
        <OwnSource key={source} stream={stream} kind={source} />
      )}
    </div>
  );
}

/** A microphone or a file, looked at before it is heard. */
function OwnSource({ stream, kind }: { readonly stream: Stream; readonly kind: "microphone" | "file" }) {
  const { sound } = useWorkspace();
  const [input, setInput] = useState<AudioInput>();
  /** An input that is not on air is closed with the page; one that is, is not. */
  const held = useRef<AudioInput>(undefined);
  const chooser = useRef<HTMLInputElement>(null);
  useEffect(() => () => held.current?.close(), []);

  const [open, isOpening] = useAction(async (choice: InputChoice) => {
    try {
      const { openInput } = await sound.load();
      const opened = await openInput(choice);
      held.current?.close();
      held.current = opened;
      setInput(opened);
    } catch (thrown) {
      complainOfInput(thrown);
    }
  });

  const [goLive, isStarting] = useAction(async () => {
    if (input === undefined) return;
    held.current = undefined;
    try {
      await sound.broadcast(stream, input);
    } catch (thrown) {
      setInput(undefined);
      complain(thrown);
    }
  });

  const choice = input?.choice();
  const isMicrophone = kind === "microphone";
  return (
    <div class="own-source">
      {input === undefined && isMicrophone && (
        <Button
          icon="microphone"
          isBusy={isOpening}
          onClick={() => void open({ kind: "microphone", deviceId: undefined, isVoice: true })}
        >
          Try the microphone
        </Button>
      )}
      {!isMicrophone && (
        <>
          <input
            ref={chooser}
            class="hidden"
            type="file"
            accept="audio/*,.mp3,.ogg,.opus,.flac,.wav,.m4a"
            aria-label="Audio file"
            tabIndex={-1}
            onChange={({ currentTarget }) => {
              const file = currentTarget.files?.[0];
              if (file !== undefined) void open({ kind: "file", file });
            }}
          />
          <Button icon="music" isBusy={isOpening} onClick={() => chooser.current?.click()}>
            {input === undefined ? "Choose a file" : "Choose another file"}
          </Button>
        </>
      )}
      {input !== undefined && (
        <>
          {isMicrophone ? (
            <>
              <LevelMeter label="How loud the microphone is" kind="bar" read={input.level} />
              <p class="stage-text">Nobody hears you yet. Say something: the bar shall move, and not reach its end.</p>
              <MicrophoneSelect input={input} />
            </>
          ) : (
            <p class="stage-text">
              {choice?.kind === "file" && choice.file.name}
              {Number.isFinite(input.progress()?.duration) && ` · ${playingTime(input.progress()?.duration ?? 0)}`}
            </p>
          )}
          <Button kind="primary" icon="radio" isBusy={isStarting} onClick={() => void goLive()}>
            Go live
          </Button>
        </>
      )}
    </div>
  );
}
