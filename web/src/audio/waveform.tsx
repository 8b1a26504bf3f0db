import { playingTime } from "../text/durations.ts";
import { useCanvas } from "./use-canvas.ts";

interface WaveformProps {
  readonly label: string;
  /** From 0 to 1, first to last. */
  readonly peaks: readonly number[];
  /** Seconds. */
  readonly position: number;
  readonly duration: number;
  readonly onSeek: (position: number) => void;
}

/** A recording at a glance, and a way to anywhere in it: with the mouse, a finger or the arrow keys. */
export function Waveform({ label, peaks, position, duration, onSeek }: WaveformProps) {
  const played = duration > 0 ? position / duration : 0;
  const [ref] = useCanvas(({ pencil, width, height, color }) => {
    const bars = Math.max(1, Math.floor(width / 4));
    // Quiet recordings are drawn as large as loud ones: their shape is what one looks for.
    const loudest = Math.max(0.05, ...peaks);
    for (let bar = 0; bar < bars; bar += 1) {
      const from = Math.floor((bar * peaks.length) / bars);
      const to = Math.max(from + 1, Math.floor(((bar + 1) * peaks.length) / bars));
      const peak = Math.max(0, ...peaks.slice(from, to));
      const high = Math.max(2, (peak / loudest) * height);
      pencil.fillStyle = (bar + 0.5) / bars <= played ? color("--accent") : color("--edge");
      pencil.beginPath();
      pencil.roundRect((bar * width) / bars, (height - high) / 2, 2.5, high, 1.25);
      pencil.fill();
    }
  });
  return (
    <div class="waveform">
      <canvas ref={ref} />
      <input
        type="range"
        min={0}
        max={Math.max(duration, 0.1)}
        step={duration > 120 ? 5 : 0.5}
        value={position}
        aria-label={label}
        aria-valuetext={`${playingTime(position)} of ${playingTime(duration)}`}
        onInput={({ currentTarget }) => onSeek(Number(currentTarget.value))}
      />
    </div>
  );
}
