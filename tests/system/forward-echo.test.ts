import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { compressionGzip, createConnectTransport } from "@connectrpc/connect-node";
import { describe, expect, test } from "vitest";
import { ErrorInfoSchema, RetryInfoSchema } from "#gen/google/rpc/error_details_pb.ts";
import { createCuttingProxy, freePort } from "../kit/cutting-proxy.ts";
import { EchoService, openEcho } from "../kit/echo.ts";
import { type EchoGateway, openEchoGateway } from "../kit/echo-gateway.ts";
import { type Protocol, transportTo } from "../kit/people.ts";

const protocols: readonly Protocol[] = ["grpc", "grpc-web", "connect"];

const clientOf = (gateway: EchoGateway, protocol: Protocol = "grpc") =>
  createClient(EchoService, transportTo(gateway.url, protocol));

async function errorOf(call: Promise<unknown>): Promise<ConnectError> {
  try {
    await call;
  } catch (error) {
    return ConnectError.from(error);
  }
  throw new Error("the call was to fail, and did not");
}

/** That a caller is told to come again, in a form that machines read. */
function expectDown(error: ConnectError): void {
  expect(Code[error.code]).toBe("Unavailable");
  expect(error.findDetails(ErrorInfoSchema)).toMatchObject([{ reason: "UNAVAILABLE", domain: "veza" }]);
  expect(error.findDetails(RetryInfoSchema)).toHaveLength(1);
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await pause(5);
}

/** Instances behind wires that can be cut, and a gateway before them that finds them well. */
async function openSome(count: number) {
  const stack = new AsyncDisposableStack();
  const echoes = await Promise.all(Array.from({ length: count }, () => openEcho()));
  const wires = await Promise.all(echoes.map(({ number }) => createCuttingProxy(number)));
  for (const each of [...echoes, ...wires]) stack.use(each);
  const gateway = stack.use(await openEchoGateway(wires.map(({ url }) => url)));
  await until(() => gateway.upstream.instances.every(({ state }) => state === "up"));
  return { echoes, wires, gateway, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

describe.each(protocols)("through a gateway, in %s", (protocol) => {
  test("a call comes back as it was answered, with its headers and trailers", async () => {
    await using house = await openSome(1);
    const client = clientOf(house.gateway, protocol);
    let header = "";
    let trailer = "";
    const { value } = await client.say(
      { value: "hello" },
      {
        onHeader: (headers) => {
          header = headers.get("x-echo") ?? "";
        },
        onTrailer: (trailers) => {
          trailer = trailers.get("x-echo-trailer") ?? "";
        },
      },
    );
    expect([value, header, trailer]).toEqual(["hello", "header", "trailer"]);
    const failed = await errorOf(client.say({ value: "fail" }));
    expect(Code[failed.code]).toBe("ResourceExhausted");
    expect(failed.findDetails(ErrorInfoSchema)).toMatchObject([{ reason: "LIMIT_REACHED" }]);
  });

  test("messages of many sizes pass whole, and too large ones are refused by the part", async () => {
    await using house = await openSome(1);
    const client = clientOf(house.gateway, protocol);
    for (const size of [0, 1, 16_383, 65_536, 300_000, 1_000_000]) {
      const value = "x".repeat(size);
      expect((await client.say({ value })).value.length).toBe(size);
    }
    const refused = await errorOf(client.say({ value: "x".repeat(1_100_000) }));
    expect(Code[refused.code]).toBe("ResourceExhausted");
    expect((await client.say({ value: "after" })).value).toBe("after");
  });

  test("a stream passes message by message; when its instance is lost it ends, and says that it may be begun again", async () => {
    await using house = await openSome(1);
    const client = clientOf(house.gateway, protocol);
    const counted: string[] = [];
    for await (const { value } of client.count({ value: "500" })) counted.push(value);
    expect(counted).toEqual(Array.from({ length: 500 }, (_, at) => String(at + 1)));

    const heard: string[] = [];
    const lost = await errorOf(
      (async () => {
        for await (const { value } of client.count({ value: "hear" })) {
          heard.push(value);
          house.wires[0]?.cut(1, Math.random);
        }
      })(),
    );
    expect(heard).toEqual(["1"]);
    expectDown(lost);
  });

  test("who leaves is gone at the part too, and a deadline holds there", async () => {
    await using house = await openSome(1);
    const [echo] = house.echoes;
    const client = clientOf(house.gateway, protocol);
    const leave = new AbortController();
    const left = errorOf(client.say({ value: "wait 60000" }, { signal: leave.signal }));
    await until(() => echo?.watch.open === 1);
    leave.abort();
    expect(Code[(await left).code]).toBe("Canceled");

    const leaveStream = new AbortController();
    const stream = client.count({ value: "forever" }, { signal: leaveStream.signal })[Symbol.asyncIterator]();
    await stream.next();
    leaveStream.abort();
    await until(() => echo?.log.some((line) => line.includes("Count")) === true);

    const late = await errorOf(client.say({ value: "wait 60000" }, { timeoutMs: 50 }));
    expect(Code[late.code]).toBe("DeadlineExceeded");
    await until(() => echo?.log.some((line) => line.includes("Say") && line.includes("DeadlineExceeded")) === true);
  });

  test("when nobody is there, callers are told at once; and served as soon as somebody is", async () => {
    const number = await freePort();
    await using gateway = await openEchoGateway([`http://127.0.0.1:${number}`]);
    const client = clientOf(gateway, protocol);
    expectDown(await errorOf(client.say({ value: "hello" })));
    expectDown(
      await errorOf(
        (async () => {
          for await (const _ of client.count({ value: "3" }));
        })(),
      ),
    );
    await using _echo = await openEcho(undefined, number);
    const came = performance.now();
    while ((await client.say({ value: "hello" }).catch(() => undefined)) === undefined) await pause(10);
    expect(performance.now() - came).toBeLessThan(2000);
  });
});

test("streams of requests pass both ways as they come", async () => {
  await using house = await openSome(1);
  const client = clientOf(house.gateway, "grpc");
  async function* words() {
    for (let at = 0; at < 200; at += 1) yield { value: "x".repeat(10_000) };
  }
  expect((await client.join(words())).value).toHaveLength(200 * 10_001 - 1);

  const heard = Promise.withResolvers<void>();
  async function* talk() {
    yield { value: "one" };
    await heard.promise;
    yield { value: "two" };
  }
  const answers: string[] = [];
  for await (const { value } of client.talk(talk())) {
    answers.push(value);
    heard.resolve();
  }
  expect(answers).toEqual(["one!", "two!"]);
});

test("Connect's GET and compressed messages pass", async () => {
  await using house = await openSome(1);
  const client = createClient(
    EchoService,
    createConnectTransport({
      baseUrl: house.gateway.url,
      httpVersion: "1.1",
      useHttpGet: true,
      sendCompression: compressionGzip,
      compressMinBytes: 0,
    }),
  );
  const value = "again and ".repeat(1000);
  expect((await client.say({ value })).value).toBe(value);
  expect((await client.tell({ value })).value).toBe(value);
});

test("a browser's question is answered for a part that is down as well", async () => {
  await using gateway = await openEchoGateway([`http://127.0.0.1:${await freePort()}`]);
  const url = `${gateway.url}/veza.test.EchoService/Say`;
  const origin = "https://elsewhere.example";
  const asked = await fetch(url, {
    method: "OPTIONS",
    headers: { origin, "access-control-request-method": "POST" },
  });
  expect([asked.status, asked.headers.get("access-control-allow-origin")]).toEqual([204, "*"]);
  const refused = await fetch(url, {
    method: "POST",
    headers: { origin, "content-type": "application/json" },
    body: '"hello"',
  });
  expect([refused.status, refused.headers.get("access-control-allow-origin")]).toEqual([503, "*"]);
});

test("calls are spread over the instances", async () => {
  await using house = await openSome(3);
  const client = clientOf(house.gateway);
  await Promise.all(Array.from({ length: 90 }, () => client.say({ value: "wait 50" })));
  for (const { watch } of house.echoes) expect(watch.said).toBeGreaterThan(10);
});

test("when an instance is lost, what only reads is asked elsewhere, and what may have been done is not done twice", async () => {
  await using house = await openSome(2);
  const client = clientOf(house.gateway);
  const said = () => house.echoes.reduce((sum, { watch }) => sum + watch.said, 0);
  const questions = Promise.all(Array.from({ length: 10 }, () => client.say({ value: "wait 300" })));
  const orders = Array.from({ length: 10 }, () => errorOf(client.tell({ value: "wait 300" }).then(() => ok)));
  await until(() => said() === 20);
  house.wires[0]?.cut(1, Math.random);
  expect((await questions).map(({ value }) => value)).toEqual(Array(10).fill("wait 300"));
  const ended = await Promise.all(orders);
  for (const error of ended.filter(({ code }) => code !== Code.Unknown)) expectDown(error);
  // Each question that was lost was asked once more, and no order.
  const repeated = house.gateway.forwarded.filter(({ tries }) => tries > 1);
  expect(repeated.every(({ target }) => target.endsWith("/Say"))).toBe(true);
  expect(said()).toBe(20 + repeated.length);
  expect(repeated.length).toBeGreaterThan(0);
});
const ok = Promise.reject(new ConnectError("it was answered", Code.Unknown));
ok.catch(() => undefined);

test("a part whose machine says nothing is down as well: callers are told within a second", async () => {
  const silent = createServer((socket) => socket.on("error", () => undefined)).listen(0, "127.0.0.1");
  await once(silent, "listening");
  await using gateway = await openEchoGateway([`http://127.0.0.1:${(silent.address() as AddressInfo).port}`]);
  expectDown(await errorOf(clientOf(gateway).say({ value: "hello" })));
  silent.close();
});

test("a reader that stops holds up the part, not the gateway", async () => {
  await using house = await openSome(1);
  const [echo] = house.echoes;
  const leave = new AbortController();
  const endless = clientOf(house.gateway).count({ value: "forever" }, { signal: leave.signal });
  const stream = endless[Symbol.asyncIterator]();
  await stream.next();
  let before = -1;
  while (echo !== undefined && echo.watch.made !== before) {
    before = echo.watch.made;
    await pause(200);
  }
  // 16 KiB each: what is under way is bounded by windows, not by patience.
  expect(before).toBeLessThan(400);
  // Others are not held up along with it.
  expect((await clientOf(house.gateway).say({ value: "hello" })).value).toBe("hello");
  // Once it leaves, nothing of it is left.
  leave.abort();
  await until(() => house.gateway.upstream.instances.every(({ inFlight }) => inFlight === 0));
});

test("a part that stops is let go of as soon as nothing is under way", async () => {
  await using house = await openSome(1);
  const client = clientOf(house.gateway);
  const call = client.say({ value: "wait 300" });
  await until(() => house.echoes[0]?.watch.open === 1);
  const startedAt = performance.now();
  await house.echoes[0]?.port.close(20_000);
  expect(performance.now() - startedAt).toBeLessThan(10_000);
  expect((await call).value).toBe("wait 300");
  expectDown(await errorOf(client.say({ value: "hello" })));
});

test("a gateway that stops ends the streams that pass through it, and lets calls finish", async () => {
  await using house = await openSome(1);
  const client = clientOf(house.gateway);
  const call = client.say({ value: "wait 200" });
  const stream = client.count({ value: "hear" })[Symbol.asyncIterator]();
  await stream.next();
  house.gateway.stop();
  expectDown(await errorOf(stream.next()));
  expect((await call).value).toBe("wait 200");
});
