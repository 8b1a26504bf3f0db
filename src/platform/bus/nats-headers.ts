import { type MsgHdrs, headers as natsHeaders } from "@nats-io/nats-core";
import type { BusHeaders } from "./bus.ts";

/** Headers whose names begin with this are the bus's own. */
export const ownHeaders = "Veza-";

export function toNats(plain: BusHeaders): MsgHdrs {
  const made = natsHeaders();
  for (const [name, value] of Object.entries(plain)) made.set(name, value);
  return made;
}

/** What the sender gave along; undefined when that was nothing. */
export function fromNats(given: MsgHdrs | undefined): BusHeaders | undefined {
  const names = given?.keys().filter((name) => !name.startsWith(ownHeaders)) ?? [];
  if (given === undefined || names.length === 0) return undefined;
  return Object.fromEntries(names.map((name) => [name, given.get(name)]));
}
