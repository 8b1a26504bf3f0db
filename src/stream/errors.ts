import { type StreamStatus, StreamStatusSchema } from "#gen/veza/stream/v1/stream_pb.ts";
import { Failure, Reason } from "../platform/failure.ts";

/** Every failure that stream expects, by the name of its reason in `veza.errors.v1.Reason`. */

export const streamNotFound = () => new Failure(Reason.STREAM_NOT_FOUND);
export const notYourStream = () => new Failure(Reason.NOT_YOUR_STREAM);
export const streamKeyWrong = () => new Failure(Reason.STREAM_KEY_WRONG);
export const alreadyBroadcasting = () => new Failure(Reason.ALREADY_BROADCASTING);
export const broadcastOver = () => new Failure(Reason.BROADCAST_OVER);
export const sourceStalled = (ms: number) =>
  new Failure(Reason.BROADCAST_OVER, { sentence: `the source sent nothing for ${ms / 1000} s` });
export const sequenceGap = () => new Failure(Reason.SEQUENCE_GAP);
/** `sentence` says what was found instead of sound that can be read. */
export const audioUnsupported = (sentence?: string) =>
  new Failure(Reason.AUDIO_UNSUPPORTED, sentence === undefined ? {} : { sentence });
export const listenerNotFound = () => new Failure(Reason.LISTENER_NOT_FOUND);
/** Two calls at different instances wanted the same listener's place at once. */
export const placeTaken = () =>
  new Failure(Reason.UNAVAILABLE, { sentence: "another call was faster: listen again", retryAfterMs: 0 });
export const qualityUnavailable = () => new Failure(Reason.QUALITY_UNAVAILABLE);
export const recordingNotFound = () => new Failure(Reason.RECORDING_NOT_FOUND);
export const alreadyRecording = () => new Failure(Reason.ALREADY_RECORDING);
export const recordingOpen = () => new Failure(Reason.RECORDING_OPEN);
export const roomNotFound = () => new Failure(Reason.ROOM_NOT_FOUND);
export const userNotFound = () => new Failure(Reason.USER_NOT_FOUND);
export const adminOnly = () => new Failure(Reason.ADMIN_ONLY);

/** `step` is what was tried, as in "paused". */
export function wrongStreamState(status: StreamStatus, step: string): Failure {
  const name = StreamStatusSchema.value[status]?.localName ?? String(status);
  return new Failure(Reason.WRONG_STREAM_STATE, {
    sentence: `a stream that is ${name} cannot be ${step}`,
    metadata: { status: name },
  });
}

/** `sentence` says what the limit is and what can be done about it. */
export const limitReached = (sentence: string, limit: number) =>
  new Failure(Reason.LIMIT_REACHED, { sentence, metadata: { limit: String(limit) } });
