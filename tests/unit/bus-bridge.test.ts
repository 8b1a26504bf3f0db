import { Code, ConnectError, createClient, createRouterTransport, type Interceptor } from "@connectrpc/connect";
import { afterEach, beforeEach, expect, test } from "vitest";
import { BusRelayService } from "#gen/veza/internal/v1/bus_relay_service_pb.ts";
import type { Bus } from "#src/platform/bus/bus.ts";
import { createLocalBus } from "#src/platform/bus/local-bus.ts";
import { createLog } from "#src/platform/log.ts";
import { bridgeBus } from "#src/rpc/peers/bus-bridge.ts";
import { serveBusRelay } from "#src/rpc/peers/bus-relay.ts";

const log = createLog({ level: "silent", format: "json" });
const bytes = (content: string) => Buffer.from(content);

/** A wire to the hub that can be cut, and stays cut until it is mended. */
class Wire {
  #cut = new AbortController();
  readonly interceptor: Interceptor = (next) => (request) => {
    if (this.#cut.signal.aborted) throw new ConnectError("cut", Code.Unavailable);
    return next({ ...request, signal: AbortSignal.any([request.signal, this.#cut.signal]) });
  };
  cut(): void {
    this.#cut.abort();
  }
  mend(): void {
    this.#cut = new AbortController();
  }
}

const buses = {
  hub: undefined as unknown as Bus,
  chat: undefined as unknown as Bus,
  stream: undefined as unknown as Bus,
};
let wire: Wire;
let open: AsyncDisposableStack;
let gaps: Record<keyof typeof buses, number>;

beforeEach(async () => {
  open = new AsyncDisposableStack();
  wire = new Wire();
  gaps = { hub: 0, chat: 0, stream: 0 };
  for (const name of ["hub", "chat", "stream"] as const) {
    buses[name] = open.use(createLocalBus({ log }));
    buses[name].onGap(() => {
      gaps[name] += 1;
    });
  }
  const { service, implementation } = serveBusRelay(buses.hub);
  const clientOver = (interceptors: Interceptor[]) =>
    createClient(
      BusRelayService,
      createRouterTransport((router) => router.service(service, implementation), { transport: { interceptors } }),
    );
  open.use(
    bridgeBus({
      bus: buses.chat,
      client: clientOver([wire.interceptor]),
      hears: ["auth.>"],
      says: ["chat.user.>"],
      log,
    }),
  );
  open.use(bridgeBus({ bus: buses.stream, client: clientOver([]), hears: ["auth.>", "chat.user.>"], says: [], log }));
  // Who has come says that something may have been missed before.
  await expect.poll(() => [gaps.chat > 0, gaps.stream > 0]).toEqual([true, true]);
});
afterEach(() => open.disposeAsync());

function hearing(pattern: string): string[] {
  const heard: string[] = [];
  for (const [name, bus] of Object.entries(buses))
    bus.subscribe(pattern, (payload, { headers }) =>
      heard.push(`${name}: ${Buffer.from(payload)}${headers === undefined ? "" : ` ${headers.trace}`}`),
    );
  return heard;
}

test("what one process says is heard once by all, in order", async () => {
  const heard = hearing("auth.revoked");
  buses.hub.publish("auth.revoked", bytes("1"), { trace: "t" });
  await expect.poll(() => [...heard].sort()).toEqual(["chat: 1 t", "hub: 1 t", "stream: 1 t"]);
  const bells = hearing("chat.user.7");
  const said = Array.from({ length: 50 }, (_, index) => String(index));
  for (const each of said) buses.chat.publish("chat.user.7", bytes(each));
  await expect.poll(() => bells.length).toBe(150);
  for (const name of Object.keys(buses))
    expect(bells.filter((each) => each.startsWith(name))).toEqual(said.map((each) => `${name}: ${each}`));
});

test("what nobody else needs stays where it is", async () => {
  const heard = hearing("chat.room.1");
  buses.chat.publish("chat.room.1", bytes("a message"));
  const bells = hearing("chat.user.7");
  buses.chat.publish("chat.user.7", bytes("a bell"));
  await expect.poll(() => bells.length).toBe(3);
  expect(heard).toEqual(["chat: a message"]);
});

test("a cut ends in a gap on both sides, and then all goes on", async () => {
  const bells = hearing("chat.user.7");
  const before = { ...gaps };
  wire.cut();
  await new Promise(setImmediate);
  buses.chat.publish("chat.user.7", bytes("lost"));
  wire.mend();
  await expect
    .poll(() => [gaps.chat > before.chat, gaps.stream > before.stream, gaps.hub > before.hub], { timeout: 10_000 })
    .toEqual([true, true, true]);
  buses.chat.publish("chat.user.7", bytes("heard"));
  await expect.poll(() => [...bells].sort()).toEqual(["chat: heard", "chat: lost", "hub: heard", "stream: heard"]);
});
