import type { Bus } from "../platform/bus/bus.ts";
import type { InstanceId, StreamId } from "../platform/ids.ts";
import { changedSubject } from "./events/subjects.ts";
import type { LivePort } from "./live-port.ts";
import { onAirOf } from "./live-view.ts";
import type { StoredStream } from "./store/stream-store.ts";

/** How what sounds, here and in other instances, hears that a stream was changed. */
export interface Changes {
  /** Tells what sounds here, and rings for the others: they read it from the store. */
  changed(stream: StoredStream): void;
  /** Only rings. */
  ring(streamId: StreamId): void;
  /** Calls back when another instance rings. A bell may get lost. */
  onChanged(streamId: StreamId, listener: () => void): Disposable;
}

export function createChanges(needs: { bus: Bus; instance: InstanceId; live: () => LivePort }): Changes {
  const { bus, instance, live } = needs;
  const own = Buffer.from(instance);
  const ring = (streamId: StreamId): void => bus.publish(changedSubject(streamId), own);
  return {
    changed(stream) {
      live().update(onAirOf(stream));
      ring(stream.id);
    },
    ring,
    onChanged: (streamId, listener) =>
      bus.subscribe(changedSubject(streamId), (payload) => {
        if (!own.equals(payload)) listener();
      }),
  };
}
