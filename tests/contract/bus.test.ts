import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Bus } from "#src/platform/bus/bus.ts";
import { createLocalBus } from "#src/platform/bus/local-bus.ts";
import { Failure, Reason } from "#src/platform/failure.ts";
import { createLog } from "#src/platform/log.ts";

const log = createLog({ level: "silent", format: "json" });

/** Where the buses of this suite come from: `one` and `other` are told of each other's messages. */
interface Backend {
  readonly name: string;
  open(): Promise<{ one: Bus; other: Bus } & AsyncDisposable>;
}

const local: Backend = {
  name: "in one process",
  async open() {
    const bus = createLocalBus({ log });
    return { one: bus, other: bus, [Symbol.asyncDispose]: () => bus[Symbol.asyncDispose]() };
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

describe.each([local])("the bus $name", (backend) => {
  let opened: Awaited<ReturnType<Backend["open"]>>;
  let one: Bus;
  let other: Bus;

  beforeEach(async () => {
    opened = await backend.open();
    ({ one, other } = opened);
  });
  afterEach(() => opened[Symbol.asyncDispose]());

  /** What a bus hears on a subject, once the other side knows that it listens. */
  async function hearing(bus: Bus, pattern: string): Promise<string[]> {
    const heard: string[] = [];
    bus.subscribe(pattern, (payload, { subject }) => heard.push(`${subject} ${text(payload)}`));
    await bus.probe();
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
