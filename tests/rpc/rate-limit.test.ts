import { ConnectError, createClient } from "@connectrpc/connect";
import { describe, expect, it, test } from "vitest";
import { RetryInfoSchema } from "#gen/google/rpc/error_details_pb.ts";
import { AuthService } from "#gen/veza/auth/v1/auth_service_pb.ts";
import { ChatService } from "#gen/veza/chat/v1/chat_service_pb.ts";
import { Rate } from "#gen/veza/options/v1/options_pb.ts";
import { StreamService } from "#gen/veza/stream/v1/stream_service_pb.ts";
import { createAllowances } from "#src/platform/access/allowances.ts";
import { createTrustedProxies } from "#src/platform/access/trusted-proxies.ts";
import { limits } from "#src/platform/limits.ts";
import { rateOf } from "#src/rpc/rate-limit.ts";
import { startApp } from "../kit/app.ts";
import { createStandingClock } from "../kit/clock.ts";
import { failureOf, outcome } from "../kit/failures.ts";
import { clientsOf, type Person, person, transportTo } from "../kit/people.ts";

const limited = { code: "ResourceExhausted", reason: "RATE_LIMITED" };
const on = { VEZA_RATE_LIMIT: "on" };

/** Calls until one is refused, at most so many times. Answers how many went through. */
async function untilRefused(call: () => Promise<unknown>, atMost: number): Promise<number> {
  for (let done = 0; done < atMost; done++) {
    const ended = await outcome(call());
    if (ended !== "ok" && ended.reason === "RATE_LIMITED") return done;
  }
  return atMost;
}

describe("what one caller may do in a time", () => {
  it("counts sends by user: one who talks too much does not silence another, and is told when to go on", async () => {
    const clock = createStandingClock();
    await using app = await startApp({ env: on, overrides: { clock } });
    const alice = await person(app, "alice");
    const bob = await person(app, "bob");
    const { room } = await alice.chat.createRoom({ name: "loud" });
    const roomId = room?.id ?? "";
    await bob.chat.joinRoom({ roomId });
    const { burst, perSecond } = limits.rates.send;
    const say = () => alice.chat.sendMessage({ roomId, content: "hear me" });

    const done = await untilRefused(say, burst * 3);
    expect(done).toBe(burst);
    const error = ConnectError.from(
      await say().then(
        () => undefined,
        (thrown: unknown) => thrown,
      ),
    );
    expect(await failureOf(say())).toEqual(limited);
    const [retry] = error.findDetails(RetryInfoSchema);
    const waitMs = Number(retry?.retryDelay?.seconds ?? 0n) * 1000 + (retry?.retryDelay?.nanos ?? 0) / 1e6;
    expect(waitMs).toBeGreaterThan(0);
    expect(waitMs).toBeLessThanOrEqual(1000 / perSecond);

    expect(await outcome(bob.chat.sendMessage({ roomId, content: "me too" }))).toBe("ok");
    expect(await outcome(alice.chat.getMessageHistory({ roomId }))).toBe("ok");
    clock.advance(1000);
    expect(await outcome(say())).toBe("ok");
  });

  it("counts sign-ins by address, whatever the account", async () => {
    const clock = createStandingClock();
    await using app = await startApp({ env: { ...on, VEZA_TRUSTED_PROXIES: "127.0.0.0/8" }, overrides: { clock } });
    const auth = (from: string) => {
      const client = createClient(AuthService, transportTo(app.gateway, "connect"));
      const headers = { "x-forwarded-for": from };
      return (name: string) => client.login({ login: name, password: "guess guess guess" }, { headers });
    };
    const attacker = auth("198.51.100.7");
    let count = 0;
    const { burst } = limits.rates.signIn;
    const done = await untilRefused(() => attacker(`nobody${count++}`), burst * 2);
    expect(done).toBe(burst);
    expect(await failureOf(attacker("nobody"))).toEqual(limited);
    expect((await failureOf(auth("198.51.100.8")("nobody"))).reason).toBe("BAD_CREDENTIALS");
    // What the attacker wrote into the header itself is not believed.
    expect(await failureOf(auth("203.0.113.1, 198.51.100.7")("nobody"))).toEqual(limited);
  });

  it("counts wrong passwords by account, wherever they come from", async () => {
    const clock = createStandingClock();
    await using app = await startApp({ env: { ...on, VEZA_TRUSTED_PROXIES: "127.0.0.1" }, overrides: { clock } });
    const alice = await person(app, "alice");
    const { auth } = clientsOf(app.gateway);
    let address = 0;
    const from = () => ({ headers: { "x-forwarded-for": `198.51.100.${address++ % 250}` } });
    const guess = () => auth.login({ login: "Alice", password: "wrong wrong wrong" }, from());
    const { burst } = limits.rates.wrongPasswords;
    expect(await untilRefused(guess, burst * 2)).toBe(burst);
    expect(await failureOf(auth.login({ login: "alice", password: alice.password }, from()))).toEqual(limited);
    expect((await failureOf(auth.login({ login: "bob", password: "wrong wrong wrong" }, from()))).reason).toBe(
      "BAD_CREDENTIALS",
    );
    // Who is signed in stays so.
    expect(await outcome(alice.auth.getUserInfo({}))).toBe("ok");
    clock.advance(10_000);
    expect(await outcome(auth.login({ login: "alice", password: alice.password }, from()))).toBe("ok");
  });

  it("counts wrong passwords one by one also when they come at once, and right ones not at all", async () => {
    const clock = createStandingClock();
    await using app = await startApp({ env: { ...on, VEZA_TRUSTED_PROXIES: "127.0.0.1" }, overrides: { clock } });
    const alice = await person(app, "alice");
    const { auth } = clientsOf(app.gateway);
    let address = 0;
    const from = () => ({ headers: { "x-forwarded-for": `198.51.100.${address++ % 250}` } });
    const { burst } = limits.rates.wrongPasswords;
    const login = (password: string) => outcome(auth.login({ login: "alice", password }, from()));
    for (let round = 0; round < 2; round++) {
      const right = await Promise.all(Array.from({ length: burst }, () => login(alice.password)));
      expect(right).toEqual(right.map(() => "ok"));
    }
    const guesses = await Promise.all(Array.from({ length: burst * 3 }, () => login("wrong wrong wrong")));
    const reasons = guesses.map((ended) => (ended === "ok" ? ended : ended.reason));
    expect(reasons.filter((reason) => reason === "BAD_CREDENTIALS")).toHaveLength(burst);
    expect(reasons.filter((reason) => reason === "RATE_LIMITED")).toHaveLength(burst * 2);
  });

  it("counts uploads and exports by user as well", async () => {
    const clock = createStandingClock();
    await using app = await startApp({ env: on, overrides: { clock } });
    const alice = await person(app, "alice");
    const bob = await person(app, "bob");
    const ask = async (who: Person, path: string, method: string) => {
      const headers = { authorization: `Bearer ${who.accessToken}` };
      const response = await fetch(`${app.gateway}${path}`, { method, headers });
      await response.arrayBuffer();
      return response;
    };
    for (const [path, method, { burst }] of [
      ["/account/export", "GET", limits.rates.export],
      ["/files", "POST", limits.rates.create],
    ] as const) {
      for (let done = 0; done < burst; done++) expect((await ask(alice, path, method)).status).not.toBe(429);
      const refused = await ask(alice, path, method);
      expect(refused.status).toBe(429);
      expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
      expect((await ask(bob, path, method)).status).not.toBe(429);
    }
  });

  it("can be switched off for a load test on one's own machine", async () => {
    await using app = await startApp({ env: { VEZA_RATE_LIMIT: "off" } });
    const alice = await person(app, "alice");
    const { room } = await alice.chat.createRoom({ name: "load" });
    const say = () => alice.chat.sendMessage({ roomId: room?.id ?? "", content: "again" });
    expect(await untilRefused(say, limits.rates.send.burst * 2)).toBe(limits.rates.send.burst * 2);
  });
});

test("an allowance lets through its burst, then its rate, and forgets who has been quiet", () => {
  let now = 1_000_000;
  const allowance = { burst: 5, perSecond: 2 };
  const allowances = createAllowances({ clock: { now: () => now }, allowance });
  for (let taken = 0; taken < 5; taken++) expect(allowances.take("a")).toBe(0);
  expect(allowances.take("a")).toBe(500);
  allowances.giveBack("a");
  expect([allowances.take("a"), allowances.take("a")]).toEqual([0, 500]);
  expect(allowances.take("b")).toBe(0);
  now += 499;
  expect(allowances.take("a")).toBe(1);
  now += 1;
  expect(allowances.take("a")).toBe(0);
  expect(allowances.take("a")).toBe(500);
  now += 60_000;
  for (let taken = 0; taken < 5; taken++) expect(allowances.take("a")).toBe(0);
  expect(allowances.take("a")).toBe(500);
});

test("an address is believed from the last proxy that is trusted, back to the first that is not", () => {
  const proxies = createTrustedProxies(["10.0.0.0/8", "2001:db8::/32", "192.0.2.1"]);
  expect(proxies.clientAddress("203.0.113.9", "1.2.3.4")).toBe("203.0.113.9");
  expect(proxies.clientAddress("10.1.2.3", "1.2.3.4")).toBe("1.2.3.4");
  expect(proxies.clientAddress("::ffff:10.1.2.3", "6.6.6.6, 1.2.3.4, 192.0.2.1")).toBe("1.2.3.4");
  expect(proxies.clientAddress("2001:db8::7", "2001:4860::1")).toBe("2001:4860::1");
  expect(proxies.clientAddress("10.1.2.3", "not an address")).toBe("10.1.2.3");
  expect(proxies.clientAddress("10.1.2.3", undefined)).toBe("10.1.2.3");
  expect(proxies.clientAddress("10.1.2.3", "10.4.4.4")).toBe("10.4.4.4");
  expect(createTrustedProxies([]).clientAddress("::ffff:203.0.113.9", "1.2.3.4")).toBe("203.0.113.9");
});

test("the methods that the contract names are counted as it says", () => {
  expect(rateOf(AuthService.method.login)).toBe(Rate.SIGN_IN);
  expect(rateOf(AuthService.method.register)).toBe(Rate.SIGN_IN);
  expect(rateOf(ChatService.method.sendMessage)).toBe(Rate.SEND);
  expect(rateOf(ChatService.method.createRoom)).toBe(Rate.CREATE);
  expect(rateOf(ChatService.method.muteUser)).toBe(Rate.CHANGE);
  expect(rateOf(ChatService.method.getMessageHistory)).toBe(Rate.READ);
  expect(rateOf(ChatService.method.subscribeToChatEvents)).toBe(Rate.OPEN);
  expect(rateOf(StreamService.method.publishChunk)).toBe(Rate.SOUND);
  expect(rateOf(StreamService.method.publishAudio)).toBe(Rate.OPEN);
});
