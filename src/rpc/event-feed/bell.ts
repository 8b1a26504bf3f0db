import type { Bus } from "../../platform/bus/bus.ts";

/** Something was stored. The body is a courtesy: who misses it reads the store. */
export interface EventBell {
  readonly sequence: number;
  readonly body: Uint8Array;
  /** Earlier events were changed along with this one: what was remembered of them is void. */
  readonly rewritesThePast: boolean;
}

const headerBytes = 9;

/** Tells whoever listens to the subject, here and elsewhere, what was stored. */
export function ringBell(bus: Bus, subject: string, bell: EventBell): void {
  const bytes = Buffer.allocUnsafe(headerBytes + bell.body.length);
  bytes[0] = bell.rewritesThePast ? 1 : 0;
  bytes.writeBigUInt64BE(BigInt(bell.sequence), 1);
  bytes.set(bell.body, headerBytes);
  bus.publish(subject, bytes);
}

export function onBell(bus: Bus, subject: string, listener: (bell: EventBell) => void): Disposable {
  return bus.subscribe(subject, (payload) => {
    const bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.length);
    listener({
      rewritesThePast: bytes[0] === 1,
      sequence: Number(bytes.readBigUInt64BE(1)),
      body: bytes.subarray(headerBytes),
    });
  });
}
