import { setTimeout } from "node:timers/promises";
import type { RecordingId } from "../../platform/ids.ts";
import { limits } from "../../platform/limits.ts";
import { AudioFormatError, createPeaks, createSourceReader, type LadderPool } from "../audio/index.ts";
import type { RecordingFile, RecordingResult } from "../live-port.ts";
import type { RecordingFiles } from "./recording-files.ts";

/** Sound that is decoded ahead, in milliseconds: a ladder drops the oldest of what waits too long. */
const aheadMs = 2000;

/** Reads what a killed process left of a recording: how long it is, and how loud. Throws why the process stops. */
export async function recoverRecording(
  needs: { files: RecordingFiles; ladders: LadderPool; shutdown: AbortSignal },
  recordingId: RecordingId,
  known: RecordingFile | undefined,
): Promise<RecordingResult> {
  const found = await needs.files.find(recordingId);
  if (found === undefined) {
    return { error: "nothing was recorded", bytes: 0, durationMs: 0, peaks: [], file: undefined };
  }
  await using content = found.content;
  const file = { ...found.file, quality: known?.quality ?? found.file.quality };
  const peaks = createPeaks();
  let durationMs = 0;
  let rate = 48_000;
  using ladder = needs.ladders.open({
    packets: () => undefined,
    levels(levels) {
      for (const { peak } of levels) peaks.add(peak);
    },
  });
  ladder.levels(true);
  const reader = createSourceReader("any", {
    format(format) {
      rate = format.sampleRate;
      ladder.begin(format);
    },
    unit(unit) {
      durationMs += (unit.samples * 1000) / rate;
      ladder.push(unit);
    },
    title: () => undefined,
  });
  let error: string | undefined;
  try {
    for await (const bytes of content.size === 0 ? [] : content.read(0, content.size - 1)) {
      for (let at = 0; at < bytes.length; at += limits.live.sourcePieceBytes) {
        reader.push(bytes.subarray(at, at + limits.live.sourcePieceBytes));
        while (ladder.stats().lagMs > aheadMs && !needs.shutdown.aborted) await setTimeout(5);
        needs.shutdown.throwIfAborted();
      }
    }
  } catch (failure) {
    // A file cut off in its first page is no sound yet.
    if (!(failure instanceof AudioFormatError)) throw failure;
    error = failure.message;
  }
  // The last of it is in the worker still; one that does not come back does not hold up anyone.
  for (let waits = 0; ladder.stats().lagMs > 20 && waits < 200; waits += 1) await setTimeout(10);
  return { error, bytes: content.size, durationMs, peaks: peaks.parts(), file };
}
