import { useEffect, useState } from "preact/hooks";
import { AudioQuality } from "#gen/veza/stream/v1/audio_pb.ts";
import { type Stream, StreamStatus } from "#gen/veza/stream/v1/stream_pb.ts";
import { useWorkspace } from "../app/use-workspace.ts";
import { isOnAir, qualityOptions, qualityText } from "../text/streams.ts";
import { Button } from "../ui/button.tsx";
import { Icon } from "../ui/icon.tsx";
import { SelectField } from "../ui/select-field.tsx";
import { complain } from "../ui/toasts.ts";
import { LevelMeter } from "./level-meter.tsx";
import { listenWords } from "./sound-bar.tsx";

/** Hears a stream: play and stop, quality, volume, and what the sound looks like. */
export function StreamPlayer({ stream }: { readonly stream: Stream }) {
  const { sound } = useWorkspace();
  const [lastWish, setLastWish] = useState<AudioQuality>(AudioQuality.AUTO);
  const current = sound.heard.value;
  const heard = current?.streamId === stream.id ? current : undefined;
  const status = heard?.status.value;
  const wish = heard?.wanted.value ?? lastWish;
  const canListen = isOnAir(stream) || stream.status === StreamStatus.CREATED;

  // The code is there before the click: browsers let sound begin from within one only.
  useEffect(() => {
    sound.load().catch(() => {});
    sound.resume(stream.id);
  }, [sound, stream.id]);

  function choose(quality: AudioQuality): void {
    setLastWish(quality);
    if (heard !== undefined) sound.setQuality(quality).catch(complain);
  }

  return (
    <section class="player" aria-label="Player">
      <div class="player-row">
        {heard === undefined ? (
          <button
            type="button"
            class="player-button"
            aria-label={`Listen to ${stream.title}`}
            disabled={!canListen}
            onClick={() => sound.listen(stream.id, wish)}
          >
            <Icon name="play" />
          </button>
        ) : (
          <button
            type="button"
            class="player-button"
            aria-label={`Stop listening to ${stream.title}`}
            onClick={sound.stopListening}
          >
            <Icon name="stop" />
          </button>
        )}
        <div class="player-sound">
          <LevelMeter
            label="How loud the stream is"
            kind="trail"
            read={status?.kind === "playing" ? heard?.handle.level : undefined}
          />
          <p class="player-words">
            <span role="status">{status !== undefined ? listenWords(status) : invitation(stream)}</span>
            {heard !== undefined && status?.kind === "playing" && <Figures key={heard.streamId} />}
          </p>
        </div>
      </div>
      {status?.kind === "blocked" && (
        <Button kind="primary" icon="play" onClick={() => heard?.handle.unblock()}>
          Let the browser play
        </Button>
      )}
      <div class="player-settings">
        <label class="volume">
          <Icon name="volume" />
          <span class="hidden">Volume</span>
          <input
            type="range"
            min={0}
            max={100}
            step={1}
            value={Math.round(sound.volume.value * 100)}
            aria-valuetext={`${Math.round(sound.volume.value * 100)} percent`}
            onInput={({ currentTarget }) => sound.setVolume(Number(currentTarget.value) / 100)}
          />
        </label>
        <SelectField
          label="Quality"
          isQuiet
          value={wish}
          options={qualityOptions(stream.availableQualities)}
          onChange={choose}
        />
      </div>
    </section>
  );
}

/** What pressing play would do. */
function invitation(stream: Stream): string {
  if (isOnAir(stream)) return "Press play to listen.";
  return stream.status === StreamStatus.CREATED ? "Not on air yet. Press play to wait for it." : "Nothing is on air.";
}

/** For the curious, and quietly: what is heard, and how far behind it is. */
function Figures() {
  const { sound } = useWorkspace();
  const heard = sound.heard.value;
  const [figures, setFigures] = useState(() => heard?.handle.figures());
  useEffect(() => {
    const timer = setInterval(() => setFigures(heard?.handle.figures()), 1000);
    return () => clearInterval(timer);
  }, [heard]);
  if (heard === undefined || figures === undefined) return null;
  const rounded = Math.round(figures.delayMs / 10) * 10;
  const isAuto = heard.wanted.value === AudioQuality.AUTO && heard.quality.value !== AudioQuality.AUTO;
  return (
    <span class="player-figures">
      {isAuto && `${qualityText(heard.quality.value)} · `}
      {rounded} ms buffered
      {figures.underruns > 0 && ` · ran dry ${figures.underruns}×`}
    </span>
  );
}
