import { bounds } from "../bounds.ts";
import type { AudioPacket } from "../packet.ts";
import { buffersOf, type Order, pack } from "./messages.ts";

type Begin = Extract<Order, { kind: "begin" }>;

/** What waits for a worker: bounded, in order, and in the worker's hands only as much as it can do in a moment. */
export interface Work {
  /** In samples of 48 kHz: waiting or in hand; and dropped, ever. */
  readonly lag: number;
  readonly dropped: number;
  begin(order: Begin): void;
  unit(unit: AudioPacket): void;
  done(samples: number): void;
}

export function createWork(number: number, send: (order: Order, transfer?: readonly ArrayBuffer[]) => void): Work {
  let waiting: (AudioPacket | Begin)[] = [];
  let waitingSamples = 0;
  let inHand = 0;
  let dropped = 0;
  let scheduled = false;

  function dropOldest(): void {
    const at = waiting.findIndex((item) => "data" in item);
    const [oldest] = waiting.splice(at, 1);
    if (oldest === undefined || !("data" in oldest)) return;
    waitingSamples -= oldest.duration;
    dropped += oldest.duration;
  }

  /** What comes in one go is sent in one go. */
  function schedule(): void {
    if (scheduled) return;
    scheduled = true;
    queueMicrotask(() => {
      scheduled = false;
      handOver();
    });
  }

  function handOver(): void {
    let at = 0;
    let units: AudioPacket[] = [];
    const sendUnits = (): void => {
      if (units.length === 0) return;
      const packed = pack(units);
      send({ kind: "units", ladder: number, packed }, buffersOf(packed));
      units = [];
    };
    for (; at < waiting.length && inHand < bounds.inHandSamples; at += 1) {
      const item = waiting[at] as AudioPacket | Begin;
      if ("data" in item) {
        units.push(item);
        inHand += item.duration;
        waitingSamples -= item.duration;
      } else {
        sendUnits();
        send(item);
      }
    }
    sendUnits();
    waiting = waiting.slice(at);
  }

  return {
    get lag() {
      return waitingSamples + inHand;
    },
    get dropped() {
      return dropped;
    },
    begin(order) {
      waiting.push(order);
      schedule();
    },
    unit(unit) {
      waiting.push(unit);
      waitingSamples += unit.duration;
      while (waitingSamples > bounds.waitingSamples) dropOldest();
      schedule();
    },
    done(samples) {
      inHand -= samples;
      if (waiting.length > 0) schedule();
    },
  };
}
