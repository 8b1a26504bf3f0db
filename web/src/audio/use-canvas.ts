import type { RefObject } from "preact";
import { useEffect, useRef } from "preact/hooks";

/** What is drawn with: the pencil in CSS pixels, and the colours that the style sheet gives here. */
export interface Drawing {
  readonly pencil: CanvasRenderingContext2D;
  readonly width: number;
  readonly height: number;
  color(name: string): string;
}

/** Draws on a canvas in as many pixels as the screen has, again whenever its size or the colours change. */
export function useCanvas(draw: (drawing: Drawing) => void): [RefObject<HTMLCanvasElement | null>, redraw: () => void] {
  const ref = useRef<HTMLCanvasElement>(null);
  const latest = useRef(draw);
  latest.current = draw;

  function redraw(): void {
    const canvas = ref.current;
    const pencil = canvas?.getContext("2d");
    if (canvas === null || !pencil) return;
    const { clientWidth: width, clientHeight: height } = canvas;
    const scale = devicePixelRatio;
    const [wide, high] = [Math.round(width * scale), Math.round(height * scale)];
    if (canvas.width !== wide) canvas.width = wide;
    if (canvas.height !== high) canvas.height = high;
    pencil.setTransform(scale, 0, 0, scale, 0, 0);
    pencil.clearRect(0, 0, width, height);
    const style = getComputedStyle(canvas);
    latest.current({ pencil, width, height, color: (name) => style.getPropertyValue(name) });
  }

  // After every rendering: what is drawn may have changed with it.
  useEffect(redraw);
  useEffect(() => {
    const sizes = new ResizeObserver(redraw);
    if (ref.current !== null) sizes.observe(ref.current);
    const dark = matchMedia("(prefers-color-scheme: dark)");
    const themes = new MutationObserver(redraw);
    themes.observe(document.documentElement, { attributeFilter: ["data-theme"] });
    dark.addEventListener("change", redraw);
    return () => {
      sizes.disconnect();
      themes.disconnect();
      dark.removeEventListener("change", redraw);
    };
  }, []);
  return [ref, redraw];
}

/** Calls with every picture of the screen while it is on; a few times a second for who wants little to move. */
export function useFrames(isOn: boolean, onFrame: () => void): void {
  const latest = useRef(onFrame);
  latest.current = onFrame;
  useEffect(() => {
    if (!isOn) return;
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) {
      const timer = setInterval(() => latest.current(), 400);
      return () => clearInterval(timer);
    }
    let frame = requestAnimationFrame(function each() {
      latest.current();
      frame = requestAnimationFrame(each);
    });
    return () => cancelAnimationFrame(frame);
  }, [isOn]);
}
