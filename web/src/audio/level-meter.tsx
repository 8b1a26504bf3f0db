import { useEffect, useRef } from "preact/hooks";
import { type Level, onMeter, SILENCE } from "../../../src/client/audio/level.ts";
import { useCanvas, useFrames } from "./use-canvas.ts";

interface LevelMeterProps {
  /** What is measured, for those who cannot see it. */
  readonly label: string;
  /** Asked with every picture; undefined while nothing sounds. */
  readonly read: (() => Level) | undefined;
  /** A bar that moves, or what was a moment ago beside what is. */
  readonly kind: "bar" | "trail";
}

/** So many moments stand in a trail, each as long as this. */
const MOMENTS = 64;
const MOMENT_MS = 60;

/** How loud it is. */
export function LevelMeter({ label, read, kind }: LevelMeterProps) {
  const trail = useRef<number[]>([]);
  const shown = useRef(0);
  const peak = useRef(0);
  const moment = useRef({ since: 0, most: 0 });

  const [ref, redraw] = useCanvas(({ pencil, width, height, color }) => {
    if (kind === "bar") {
      const radius = height / 2;
      pencil.fillStyle = color("--hover");
      pencil.beginPath();
      pencil.roundRect(0, 0, width, height, radius);
      pencil.fill();
      pencil.save();
      pencil.clip();
      pencil.fillStyle = shown.current > 0.97 ? color("--danger") : color("--accent");
      pencil.fillRect(0, 0, width * shown.current, height);
      if (peak.current > 0.01) pencil.fillRect(Math.min(width - 2, width * peak.current), 0, 2, height);
      pencil.restore();
      return;
    }
    const step = width / MOMENTS;
    const thick = Math.max(2, step * 0.55);
    for (let index = 0; index < MOMENTS; index += 1) {
      const level = trail.current[trail.current.length - MOMENTS + index] ?? 0;
      const high = Math.max(thick, level * height);
      pencil.fillStyle = level > 0 ? color("--accent") : color("--line");
      pencil.globalAlpha = level > 0 ? 0.35 + 0.65 * (index / MOMENTS) : 1;
      pencil.beginPath();
      pencil.roundRect(index * step + (step - thick) / 2, (height - high) / 2, thick, high, thick / 2);
      pencil.fill();
    }
    pencil.globalAlpha = 1;
  });

  const take = () => {
    const level = read?.() ?? SILENCE;
    const now = performance.now();
    const rms = onMeter(level.rms);
    // Up at once, down slowly: as eyes expect it of a meter.
    shown.current = Math.max(rms, shown.current - 0.02);
    peak.current = Math.max(onMeter(level.peak), peak.current - 0.004);
    moment.current.most = Math.max(moment.current.most, onMeter(level.peak));
    if (now - moment.current.since >= MOMENT_MS) {
      trail.current = [...trail.current, moment.current.most].slice(-MOMENTS);
      moment.current = { since: now, most: 0 };
    }
    redraw();
  };
  useFrames(read !== undefined, take);
  useEffect(() => {
    if (read !== undefined) return;
    trail.current = [];
    shown.current = 0;
    peak.current = 0;
    redraw();
  }, [read === undefined]);

  return <canvas ref={ref} class={`meter meter-${kind}`} role="img" aria-label={label} />;
}
