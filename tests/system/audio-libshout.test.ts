import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startApp, type TestApp } from "../kit/app.ts";
import { countingFrames } from "../kit/counting-mp3.ts";
import { basic } from "../kit/icecast-source.ts";
import { type Person, person } from "../kit/people.ts";

// What libshout 2.4.6 says, which ezstream, ices, liquidsoap and Mixxx speak by: it asks first, and keeps its connection
// for as long as it is not told otherwise.

let app: TestApp;
let streamer: Person;

beforeAll(async () => {
  app = await startApp();
  streamer = await person(app, "streamer");
});
afterAll(() => app?.[Symbol.asyncDispose]());

interface Conversation extends Disposable {
  readonly socket: Socket;
  /** Says something and answers what the service said to it, up to the end of an answer. */
  say(head: readonly string[]): Promise<{ status: number; isKept: boolean; text: string }>;
}

async function converse(): Promise<Conversation> {
  const { hostname, port } = new URL(app.gateway);
  const socket = connect(Number(port), hostname);
  socket.on("error", () => undefined);
  await once(socket, "connect");
  return {
    socket,
    async say([first = "", ...headers]) {
      const lines = [first, `Host: ${hostname}:${port}`, "User-Agent: libshout/2.4.6", ...headers, "", ""];
      const answered = once(socket, "data");
      socket.write(lines.join("\r\n"));
      const [chunk] = (await answered) as [Buffer];
      const text = chunk.toString("latin1");
      return { status: Number(text.slice(9, 12)), isKept: !/connection: close/i.test(text), text };
    },
    [Symbol.dispose]: () => socket.destroy(),
  };
}

const sounding = ["Content-Type: audio/mpeg", "ice-public: 0", "ice-name: no name", "Prefer: return=minimal"];
const options = ["OPTIONS * HTTP/1.1", "Connection: Upgrade", "Upgrade: TLS/1.0, HTTP/1.1"];

/** Goes on with the connection while it is kept, as libshout does. */
async function source(key: string, path: string, probe: "PUT" | "SOURCE"): Promise<Conversation> {
  const version = probe === "PUT" ? "1.1" : "1.0";
  const steps = [
    options,
    [`${probe} ${path} HTTP/${version}`, ...sounding, "Content-Length: 0", "Connection: Keep-Alive"],
  ];
  let on = await converse();
  for (const step of steps) {
    const { isKept } = await on.say(step);
    if (isKept) continue;
    on[Symbol.dispose]();
    on = await converse();
  }
  const { text } = await on.say([
    `PUT ${path} HTTP/1.1`,
    `Authorization: ${basic(key)}`,
    ...sounding,
    "Expect: 100-continue",
  ]);
  expect(text).toBe("HTTP/1.1 100 Continue\r\n\r\n");
  return on;
}

test.each(["PUT", "SOURCE"] as const)("a source that asks by %s before it sends is heard", async (probe) => {
  const { stream, streamKey } = await streamer.stream.createStream({ title: probe });
  const id = stream?.id ?? "";
  using on = await source(streamKey, `/live/${id}`, probe);
  const said: string[] = [];
  on.socket.on("data", (chunk: Buffer) => said.push(chunk.toString("latin1")));
  on.socket.write(countingFrames(0, 60));
  await expect.poll(async () => (await streamer.stream.getStreamInfo({ streamId: id })).stream?.hasSource).toBe(true);
  on.socket.write(countingFrames(60, 60));
  await expect
    .poll(async () => (await streamer.stream.getAudioMetrics({ streamId: id })).metrics?.currentBitrate)
    .toBeGreaterThan(0);
  expect(said).toEqual([]);
  await streamer.stream.stopStream({ streamId: id });
});

test("what a source sends on a connection that was used before is never taken for heard", async () => {
  const { stream, streamKey } = await streamer.stream.createStream({ title: "Kept" });
  const path = `/live/${stream?.id}`;
  using on = await converse();
  expect(await on.say(["GET /health/live HTTP/1.1"])).toMatchObject({ status: 200, isKept: true });
  const answer = await on.say([
    `PUT ${path} HTTP/1.1`,
    `Authorization: ${basic(streamKey)}`,
    "Content-Type: audio/mpeg",
  ]);
  expect(answer).toMatchObject({ status: 411, isKept: false });
});
