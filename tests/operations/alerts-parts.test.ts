import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { startParts, untilHealthy } from "../kit/parts.ts";
import { person } from "../kit/people.ts";
import { expectAlerts, startPrometheus, withoutPrometheus } from "../kit/prometheus.ts";

test.skipIf(withoutPrometheus)(
  "a process that is killed raises alerts: itself, its part, and what is passed on",
  async () => {
    await using parts = await startParts();
    await untilHealthy(parts);
    const alice = await person(parts, "alice");
    const targets = [...parts.gateways, ...parts.chats, ...parts.streams].map(({ url }) => url);
    await using prometheus = await startPrometheus(targets);
    await alice.chat.listRooms({});
    await expect.poll(async () => (await prometheus.query("up == 1")).length, { timeout: 20_000 }).toBe(targets.length);
    await expect
      .poll(async () => (await prometheus.query('veza_part_up{part="chat"}')).map(({ value }) => value), {
        timeout: 20_000,
      })
      .toEqual([1]);

    await parts.chats[0]?.end("SIGKILL");
    let stop = false;
    const calling = (async () => {
      while (!stop) {
        await alice.chat.listRooms({}).catch(() => undefined);
        await sleep(50);
      }
    })();
    try {
      await expectAlerts(prometheus, ["VezaProcessDown", "VezaPartDown", "VezaForwardingFails"]);
    } finally {
      stop = true;
      await calling;
    }
  },
);
