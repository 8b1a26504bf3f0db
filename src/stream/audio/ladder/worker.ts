import { parentPort } from "node:worker_threads";
import { buffersOf, type Made, type Order, pack, unpack } from "./messages.ts";
import { createWorkshop, type Workshop } from "./workshop.ts";

// The thread of decoders and encoders: takes orders in their order, answers what was made.
if (parentPort === null) throw new Error("this file runs in a worker");
const port = parentPort;
const workshops = new Map<number, Workshop>();

// mpg123-decoder also prints what it returns; frames that cannot be decoded are counted.
console.error = () => {};

async function follow(order: Order): Promise<void> {
  if (order.kind === "forget") {
    workshops.get(order.ladder)?.[Symbol.dispose]();
    workshops.delete(order.ladder);
    return;
  }
  let workshop = workshops.get(order.ladder);
  if (workshop === undefined) {
    workshop = createWorkshop();
    workshops.set(order.ladder, workshop);
  }
  if (order.kind === "begin") await workshop.begin(order.format, order.pts);
  else if (order.kind === "track") await workshop.start(order.track, order);
  else if (order.kind === "end") workshop.end(order.track, order.at);
  else if (order.kind === "levels") workshop.levels(order.wanted);
  else {
    const units = unpack(order.packed);
    workshop.take(units);
    answer(
      order.ladder,
      workshop,
      units.reduce((sum, { duration }) => sum + duration, 0),
    );
    return;
  }
  answer(order.ladder, workshop, 0);
}

function answer(ladder: number, workshop: Workshop, done: number): void {
  const { tracks, levels, damaged } = workshop.output();
  if (done === 0 && tracks.length === 0 && levels.length === 0) return;
  const made: Made = {
    ladder,
    done,
    tracks: tracks.map(({ track, packets, over }) => ({ track, packed: pack(packets), over })),
    levels: Float64Array.from(levels.flatMap(({ sequence, peak, rms }) => [sequence, peak, rms])),
    damaged,
  };
  port.postMessage(
    made,
    made.tracks.flatMap(({ packed }) => buffersOf(packed)),
  );
}

let before = Promise.resolve();
port.on("message", (order: Order) => {
  before = before.then(() => follow(order));
});
