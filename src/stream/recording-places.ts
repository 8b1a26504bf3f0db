import type { InstanceId, RecordingId } from "../platform/ids.ts";
import { limits } from "../platform/limits.ts";
import { type Call, type InstanceCalls, isUnreachable } from "./instance-calls.ts";
import type { Instances } from "./instances.ts";
import type { ClosedRecording, LivePort, RecordingFile, RecordingOrder } from "./live-port.ts";
import type { StoredRecording } from "./store/recording-store.ts";
import type { StoredStream } from "./store/stream-store.ts";

/** What an instance answers that has begun to record. */
export interface Begun {
  readonly file: RecordingFile;
  readonly instance: InstanceId;
  readonly folder: string;
}

/** Where recordings are made. */
export interface RecordingPlaces {
  /** Where a recording is made: where its source is, so that it does not depend on the way between two instances. */
  of(stream: StoredStream): InstanceId;
  /** Begins one at an instance, or here when that cannot be reached. */
  start(instance: InstanceId, order: RecordingOrder): Promise<Begun>;
  /** Ends one where it is made. Undefined when that instance is gone with it: whoever has its folder closes it. */
  stop(recording: StoredRecording): Promise<ClosedRecording | undefined>;
}

const timeoutMs = limits.stream.recordingClosesMs;
const startCall: Call<{ order: RecordingOrder }, Begun> = { name: "start-recording", timeoutMs };
const stopCall: Call<{ recordingId: RecordingId }, ClosedRecording> = { name: "stop-recording", timeoutMs };

export function createRecordingPlaces(needs: {
  instances: Pick<Instances, "id">;
  calls: InstanceCalls;
  live: () => LivePort;
}): RecordingPlaces {
  const { instances, calls, live } = needs;

  calls.answer(startCall, async ({ order }) => startHere(order));
  calls.answer(stopCall, async ({ recordingId }) => live().stopRecording(recordingId));

  async function startHere(order: RecordingOrder): Promise<Begun> {
    const file = await live().startRecording(order);
    return { file, instance: instances.id, folder: await live().folder() };
  }

  return {
    of: ({ home }) => (home.instance === "" ? instances.id : home.instance),
    async start(instance, order) {
      if (instance === instances.id) return startHere(order);
      try {
        return (await calls.ask(instance, startCall, { order })).content;
      } catch (error) {
        if (!isUnreachable(error)) throw error;
        return startHere(order);
      }
    },
    async stop({ id, instance }) {
      if (instance === instances.id) return live().stopRecording(id);
      try {
        return (await calls.ask(instance, stopCall, { recordingId: id })).content;
      } catch (error) {
        if (isUnreachable(error)) return undefined;
        throw error;
      }
    },
  };
}
