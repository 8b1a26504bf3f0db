import { countingFrames, frameMs } from "./counting-mp3.ts";

/** Sends frames of the counting pattern at the pace at which they play, until it is stopped. */
export function keepSending(send: (frames: Buffer) => void, from = 0): { stop(): number } {
  let number = from;
  const startedAt = performance.now();
  const timer = setInterval(() => {
    const due = from + Math.floor((performance.now() - startedAt) / frameMs);
    if (due <= number) return;
    send(countingFrames(number, due - number));
    number = due;
  }, 40);
  return {
    stop() {
      clearInterval(timer);
      return number;
    },
  };
}
