import type { Bus } from "../../platform/bus/bus.ts";
import { limits } from "../../platform/limits.ts";

/** Something was stored. */
export interface EventBell {
  /** The event's number; 0 when there is no new event. */
  readonly sequence: number;
  /** A courtesy: who misses it reads the store. Empty when it is too large for a bell. */
  readonly body: Uint8Array;
  /** Earlier events were changed along with this one: what was remembered of them is void. */
  readonly rewritesThePast: boolean;
}

/** Who hears what rings on a subject. Bytes that are kept have to be copied. */
export interface BellListener {
  onBell(bell: EventBell): void;
  /** Something passes that is stored nowhere. */
  onSignal(body: Uint8Array): void;
}

/** What the first byte says of the rest. */
const kinds = { stored: 0, rewriting: 1, signal: 2 } as const;
const headerBytes = 9;

/** Tells whoever listens to the subject, here and elsewhere, what was stored. */
export function ringBell(bus: Bus, subject: string, { sequence, body, rewritesThePast }: EventBell): void {
  const carried = body.length > limits.bus.bellBytes ? 0 : body.length;
  const bytes = Buffer.allocUnsafe(headerBytes + carried);
  bytes[0] = rewritesThePast ? kinds.rewriting : kinds.stored;
  bytes.writeBigUInt64BE(BigInt(sequence), 1);
  if (carried > 0) bytes.set(body, headerBytes);
  bus.publish(subject, bytes);
}

/** Tells whoever remembers events that earlier ones were changed in the store, without an event that says so. */
export function ringRewritten(bus: Bus, subject: string): void {
  ringBell(bus, subject, { sequence: 0, body: new Uint8Array(), rewritesThePast: true });
}

/** Tells whoever listens to the subject of something that passes: it may be lost. */
export function ringSignal(bus: Bus, subject: string, body: Uint8Array): void {
  const bytes = Buffer.allocUnsafe(1 + body.length);
  bytes[0] = kinds.signal;
  bytes.set(body, 1);
  bus.publish(subject, bytes);
}

/** Events and signals of one thing share a subject: whoever follows it listens once. */
export function onBell(bus: Bus, subject: string, listener: BellListener): Disposable {
  return bus.subscribe(subject, (payload) => {
    const bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.length);
    if (bytes[0] === kinds.signal) return listener.onSignal(bytes.subarray(1));
    listener.onBell({
      rewritesThePast: bytes[0] === kinds.rewriting,
      sequence: Number(bytes.readBigUInt64BE(1)),
      body: bytes.subarray(headerBytes),
    });
  });
}
