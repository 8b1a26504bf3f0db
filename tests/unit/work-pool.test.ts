import { expect, test } from "vitest";
import { Failure, Reason } from "../../src/platform/failure.ts";
import { createWorkPool } from "../../src/platform/work-pool.ts";

/** Work that is done when it is told to be. */
function manualWork() {
  const { promise, resolve } = Promise.withResolvers<void>();
  let started = false;
  return {
    run: () => {
      started = true;
      return promise;
    },
    finish: () => resolve(),
    hasStarted: () => started,
  };
}

const tooMany = () => new Failure(Reason.UNAVAILABLE, { retryAfterMs: 1000 });
const never = new AbortController().signal;
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

test("only so much runs at once, the rest in the order in which it came", async () => {
  const pool = createWorkPool({ parallel: 1, waiting: 2, tooMany });
  const [first, second, third] = [manualWork(), manualWork(), manualWork()];
  const all = [first, second, third].map((work) => pool.run(work.run, never));
  expect([first, second, third].map((work) => work.hasStarted())).toEqual([true, false, false]);
  first.finish();
  await turn();
  expect([second, third].map((work) => work.hasStarted())).toEqual([true, false]);
  second.finish();
  third.finish();
  await Promise.all(all);
});

test("what comes when too many wait is refused", async () => {
  const pool = createWorkPool({ parallel: 1, waiting: 1, tooMany });
  const [first, second] = [manualWork(), manualWork()];
  const all = [first, second].map((work) => pool.run(work.run, never));
  const refused = await pool.run(async () => {}, never).catch((error) => error);
  expect(refused).toBeInstanceOf(Failure);
  expect(refused).toMatchObject({ reason: Reason.UNAVAILABLE, details: { retryAfterMs: expect.any(Number) } });
  first.finish();
  second.finish();
  await Promise.all(all);
  expect(await pool.run(async () => "free again", never)).toBe("free again");
});

test("who gives up while waiting makes room and never runs", async () => {
  const pool = createWorkPool({ parallel: 1, waiting: 1, tooMany });
  const [first, second, third] = [manualWork(), manualWork(), manualWork()];
  const running = pool.run(first.run, never);
  const leaving = new AbortController();
  const left = pool.run(second.run, leaving.signal).catch((error) => error);
  leaving.abort(new Error("the deadline passed"));
  expect((await left).message).toBe("the deadline passed");
  const waiting = pool.run(third.run, never);
  first.finish();
  third.finish();
  await Promise.all([running, waiting]);
  expect(second.hasStarted()).toBe(false);
});

test("who gives up while the work runs hears nothing of its result", async () => {
  const pool = createWorkPool({ parallel: 1, waiting: 1, tooMany });
  const work = manualWork();
  const leaving = new AbortController();
  const left = pool.run(work.run, leaving.signal).catch((error) => error);
  leaving.abort(new Error("the deadline passed"));
  work.finish();
  expect((await left)?.message).toBe("the deadline passed");
});
