import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Bus } from "#src/platform/bus/bus.ts";
import { createLocalBus } from "#src/platform/bus/local-bus.ts";
import { readNatsAddress } from "#src/platform/bus/nats-address.ts";
import { createNatsBus } from "#src/platform/bus/nats-bus.ts";
import { Failure, Reason } from "#src/platform/failure.ts";
import { limits } from "#src/platform/limits.ts";
import { createLog } from "#src/platform/log.ts";
import { createCuttingProxy } from "../kit/cutting-proxy.ts";
import { type NatsServer, startNats, withoutNats } from "../kit/nats.ts";

const log = createLog({ level: "silent", format: "json" });

/** Where the buses of this suite come from: `one` and `other` are told of each other's messages. */
interface Backend {
  readonly name: string;
  prepare?(): Promise<void>;
  /** Undoes `prepare`. */
  leave?(): PromiseLike<void>;
  open(): Promise<{ one: Bus; other: Bus } & AsyncDisposable>;
}

const local: Backend = {
  name: "in one process",
  async open() {
    const bus = createLocalBus({ log });
    return { one: bus, other: bus, [Symbol.asyncDispose]: () => bus[Symbol.asyncDispose]() };
  },
};

const connectTo = (url: string) => createNatsBus({ address: readNatsAddress(url), log, name: "test" });

let server: NatsServer;
const nats: Backend = {
  name: "over NATS",
  async prepare() {
    server = await startNats();
  },
  leave: () => server[Symbol.asyncDispose](),
  async open() {
    const [one, other] = [await connectTo(server.url), await connectTo(server.url)];
    return {
      one,
      other,
      async [Symbol.asyncDispose]() {
        await Promise.all([one[Symbol.asyncDispose](), other[Symbol.asyncDispose]()]);
      },
    };
  },
};

const text = (payload: Uint8Array) => Buffer.from(payload).toString();
const bytes = (content: string) => Buffer.from(content);

async function until(holds: () => boolean): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!holds()) {
    if (Date.now() > deadline) throw new Error("it did not come to be");
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

describe.each(withoutNats ? [local] : [local, nats])("the bus $name", (backend) => {
  let opened: Awaited<ReturnType<Backend["open"]>>;
  let one: Bus;
  let other: Bus;

  beforeAll(async () => backend.prepare?.());
  afterAll(async () => backend.leave?.());
  beforeEach(async () => {
    opened = await backend.open();
    ({ one, other } = opened);
  });
  afterEach(() => opened[Symbol.asyncDispose]());

  /** What a bus hears on a subject, once the other side knows that it listens. */
  async function hearing(bus: Bus, pattern: string): Promise<string[]> {
    const heard: string[] = [];
    bus.subscribe(pattern, (payload, { subject }) => heard.push(`${subject} ${text(payload)}`));
    await bus.listening();
    return heard;
  }

  test("tells everyone who listens, once and in order", async () => {
    const everywhere = [await hearing(one, "room.1"), await hearing(one, "room.1"), await hearing(other, "room.1")];
    const elsewhere = await hearing(other, "room.2");
    const said = Array.from({ length: 500 }, (_, index) => `room.1 ${index}`);
    for (const [index] of said.entries()) one.publish("room.1", bytes(String(index)));
    await until(() => everywhere.every((heard) => heard.length >= said.length));
    await other.probe();
    expect(everywhere).toEqual([said, said, said]);
    expect(elsewhere).toEqual([]);
  });

  test("delivers to its own process before publish returns", () => {
    const heard: string[] = [];
    one.subscribe("room.1", (payload) => heard.push(text(payload)));
    one.publish("room.1", bytes("now"));
    expect(heard).toEqual(["now"]);
  });

  test("takes a wildcard at the end, which stands for one name or more", async () => {
    const heard = await hearing(other, "chat.room.>");
    const exactly = await hearing(other, "chat.room.1");
    for (const subject of ["chat.room.1", "chat.room.2.typing", "chat.rooms.1", "chat.room", "chat"])
      one.publish(subject, bytes("x"));
    await until(() => heard.length >= 2);
    await other.probe();
    expect(heard).toEqual(["chat.room.1 x", "chat.room.2.typing x"]);
    expect(exactly).toEqual(["chat.room.1 x"]);
  });

  test("tells nothing any more to who has left, and all the others", async () => {
    const heard: string[] = [];
    const listening = other.subscribe("room.1", () => heard.push("left"));
    const stays = await hearing(other, "room.1");
    one.publish("room.1", bytes("1"));
    await until(() => stays.length === 1);
    listening[Symbol.dispose]();
    listening[Symbol.dispose]();
    one.publish("room.1", bytes("2"));
    await until(() => stays.length === 2);
    expect(heard).toEqual(["left"]);
  });

  test("a listener that throws takes nothing from the others", async () => {
    other.subscribe("room.1", () => {
      throw new Error("I am broken");
    });
    const heard = await hearing(other, "room.1");
    one.publish("room.1", bytes("1"));
    await until(() => heard.length === 1);
  });

  test("headers come along", async () => {
    const heard: unknown[] = [];
    other.subscribe("room.1", (_, { headers }) => heard.push(headers));
    await other.probe();
    one.publish("room.1", bytes("1"), { traceparent: "00-1-2-01" });
    one.publish("room.1", bytes("2"));
    await until(() => heard.length === 2);
    expect(heard).toEqual([{ traceparent: "00-1-2-01" }, undefined]);
  });

  test("refuses what is no subject", async () => {
    for (const wrong of ["", "a.", ".a", "a..b", "a b", "a.*", "a.>", ">", "a\r\nb", "é", "a".repeat(201)]) {
      expect(() => one.publish(wrong, bytes("x"))).toThrow(TypeError);
      expect(() => one.answer(wrong, async () => bytes("x"))).toThrow(TypeError);
      await expect(one.request(wrong, bytes("x"), { timeoutMs: 1000 })).rejects.toThrow(TypeError);
      if (wrong !== "a.>") expect(() => one.subscribe(wrong, () => undefined)).toThrow(TypeError);
    }
  });

  describe("requests", () => {
    test("are answered here or elsewhere, with what came along", async () => {
      other.answer("double", async (payload, { subject, headers }) =>
        bytes(`${subject} ${Number(text(payload)) * 2} ${headers?.by}`),
      );
      await other.probe();
      const answers = await Promise.all(
        [one, other].map((bus) => bus.request("double", bytes("21"), { timeoutMs: 5000, headers: { by: "me" } })),
      );
      expect(answers.map(text)).toEqual(["double 42 me", "double 42 me"]);
    });

    test("are unavailable when nobody answers, or does so no more", async () => {
      const ask = () => one.request("nobody", bytes("x"), { timeoutMs: 5000 });
      await expect(ask()).rejects.toMatchObject({ reason: Reason.UNAVAILABLE, details: { retryAfterMs: 1000 } });
      const answering = other.answer("nobody", async () => bytes("here"));
      await other.probe();
      expect(text(await ask())).toBe("here");
      answering[Symbol.dispose]();
      await other.probe();
      await expect(ask()).rejects.toMatchObject({ reason: Reason.UNAVAILABLE });
    });

    test("bring a Failure back as it was", async () => {
      const details = { sentence: "not before four", metadata: { opens: "16:00" }, retryAfterMs: 1234 };
      other.answer("tea", async () => {
        throw new Failure(Reason.SLOW_MODE, details);
      });
      await other.probe();
      const failure = await one.request("tea", bytes("x"), { timeoutMs: 5000 }).catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(Failure);
      expect(failure).toMatchObject({ reason: Reason.SLOW_MODE, details });
    });

    test("tell nothing of what nobody expected", async () => {
      other.answer("tea", async () => {
        throw new Error("the password is 1234");
      });
      await other.probe();
      const failure = await one.request("tea", bytes("x"), { timeoutMs: 5000 }).catch((error: unknown) => error);
      expect(failure).toMatchObject({ reason: Reason.INTERNAL, message: "internal error" });
    });

    test("are shared by those who answer the same", async () => {
      const asked = [0, 0];
      for (const [index] of asked.entries())
        other.answer("work", async () => {
          asked[index] = (asked[index] as number) + 1;
          return bytes("done");
        });
      await other.probe();
      await Promise.all(Array.from({ length: 20 }, () => one.request("work", bytes("x"), { timeoutMs: 5000 })));
      expect(asked).toEqual([10, 10]);
    });

    test("end in time, or when the caller goes, for both sides", async () => {
      const given: unknown[] = [];
      other.answer("slow", async (_, { signal }) => {
        await new Promise((resolve) => signal.addEventListener("abort", resolve));
        given.push(signal.reason);
        return bytes("late");
      });
      await other.probe();
      await expect(one.request("slow", bytes("x"), { timeoutMs: 20 })).rejects.toMatchObject({
        reason: Reason.DEADLINE_EXCEEDED,
      });
      await until(() => given.length === 1);
      const caller = new AbortController();
      const asking = one.request("slow", bytes("x"), { timeoutMs: 1000, signal: caller.signal });
      caller.abort(new Error("gone"));
      await expect(asking).rejects.toThrow("gone");
      await until(() => given.length === 2);
    });
  });
});

describe.skipIf(withoutNats)("a cut from NATS", () => {
  let server: NatsServer;
  beforeAll(async () => {
    server = await startNats();
  });
  afterAll(() => server[Symbol.asyncDispose]());

  test("drops what is said meanwhile, tells both sides of the gap, and goes on as before", async () => {
    await using proxy = await createCuttingProxy(server.port);
    await using one = await connectTo(`nats://127.0.0.1:${new URL(proxy.url).port}`);
    await using other = await connectTo(server.url);
    const gaps = { one: 0, other: 0 };
    one.onGap(() => {
      gaps.one += 1;
    });
    other.onGap(() => {
      gaps.other += 1;
    });
    const heard: string[] = [];
    const own: string[] = [];
    one.subscribe("room.1", (payload) => own.push(text(payload)));
    other.subscribe("room.1", (payload) => heard.push(text(payload)));
    await other.listening();
    one.publish("room.1", bytes("before"));
    await until(() => heard.length === 1);

    expect(proxy.cut(1, Math.random)).toBe(1);
    await until(() => !one.isConnected);
    await expect(one.probe()).rejects.toMatchObject({ reason: Reason.UNAVAILABLE });
    await expect(one.request("work", bytes("x"), { timeoutMs: 5000 })).rejects.toMatchObject({
      reason: Reason.UNAVAILABLE,
    });
    one.publish("room.1", bytes("meanwhile"));
    const late = one.subscribe("room.2", (payload) => own.push(text(payload)));
    await one.listening();
    expect(own).toEqual(["before", "meanwhile"]);

    await until(() => one.isConnected && gaps.one > 0 && gaps.other > 0);
    one.publish("room.1", bytes("after"));
    other.publish("room.2", bytes("subscribed meanwhile"));
    await until(() => heard.includes("after") && own.includes("subscribed meanwhile"));
    expect(heard).toEqual(["before", "after"]);
    late[Symbol.dispose]();
  });

  test("ends a request that waits", async () => {
    await using proxy = await createCuttingProxy(server.port);
    await using one = await connectTo(`nats://127.0.0.1:${new URL(proxy.url).port}`);
    await using other = await connectTo(server.url);
    const asked = Promise.withResolvers<void>();
    other.answer("slow", () => {
      asked.resolve();
      return new Promise(() => undefined);
    });
    await other.listening();
    const asking = one.request("slow", bytes("x"), { timeoutMs: 30_000 });
    await asked.promise;
    proxy.cut(1, Math.random);
    await expect(asking).rejects.toMatchObject({ reason: Reason.UNAVAILABLE });
  });

  test("that nobody noticed yet costs no unbounded memory, and is told of afterwards", async () => {
    await using frozen = await startNats();
    await using one = await connectTo(frozen.url);
    await using other = await connectTo(frozen.url);
    let gaps = 0;
    other.onGap(() => {
      gaps += 1;
    });
    let heard = 0;
    other.subscribe("flood", () => {
      heard += 1;
    });
    await other.listening();
    frozen.freeze();
    await one.listening();
    await expect(one.probe()).rejects.toBeInstanceOf(Failure);
    const payload = Buffer.alloc(limits.bus.payloadBytes);
    const most = limits.bus.underwayBytes / payload.length;
    for (let sent = 0; sent < most * 3; sent += 1) one.publish("flood", payload);
    frozen.thaw();
    await until(() => gaps > 0);
    expect(heard).toBeGreaterThan(0);
    expect(heard).toBeLessThanOrEqual(most);
    one.publish("flood", bytes("afterwards"));
    const before = heard;
    await until(() => heard > before);
  });

  test("a message too large for the bus is told of as a gap", async () => {
    await using one = await connectTo(server.url);
    await using other = await connectTo(server.url);
    let gaps = 0;
    other.onGap(() => {
      gaps += 1;
    });
    const heard: number[] = [];
    one.subscribe("large", (payload) => heard.push(payload.length));
    other.subscribe("large", (payload) => heard.push(payload.length));
    await other.listening();
    one.publish("large", Buffer.alloc(limits.bus.payloadBytes));
    await until(() => heard.length === 2);
    one.publish("large", Buffer.alloc(limits.bus.payloadBytes + 1));
    await until(() => gaps === 1);
    expect(heard).toEqual([limits.bus.payloadBytes, limits.bus.payloadBytes, limits.bus.payloadBytes + 1]);
  });
});

describe.skipIf(withoutNats)("who may speak at NATS", () => {
  test("is who the URL says", async () => {
    await using guarded = await startNats(["--user", "veza", "--pass", "p@ss word"]);
    const to = (who: string) => connectTo(guarded.url.replace("nats://", `nats://${who}@`));
    await using bus = await to(`veza:${encodeURIComponent("p@ss word")}`);
    await bus.probe();
    await expect(to("veza:wrong")).rejects.toThrow(/refuses the user, password or token/);
    await using byToken = await startNats(["--auth", "s3cret"]);
    await using other = await connectTo(byToken.url.replace("nats://", "nats://s3cret@"));
    await other.probe();
  });

  test("goes together for all servers", () => {
    expect(readNatsAddress("nats://a:b@one, nats://a:b@two:4333")).toMatchObject({
      servers: ["one:4222", "two:4333"],
      user: "a",
      password: "b",
      tls: false,
    });
    expect(readNatsAddress("tls://one")).toMatchObject({ tls: true, user: undefined, token: undefined });
    expect(() => readNatsAddress("nats://a:b@one,nats://two")).toThrow(/same user and password/);
    expect(() => readNatsAddress("nats://one,tls://two")).toThrow(/alike/);
    for (const wrong of ["http://one", "one:4222", "nats://", ""])
      expect(() => readNatsAddress(wrong)).toThrow(/has to be nats/);
  });
});
