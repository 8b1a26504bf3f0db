import { describe, expect, onTestFinished, test } from "vitest";
import { RoomType } from "#gen/veza/chat/v1/room_pb.ts";
import { createLog } from "#src/platform/log.ts";
import { startApp, type TestApp } from "../kit/app.ts";
import { clientsOf, person } from "../kit/people.ts";
import { scrape } from "../kit/scrape.ts";

const method = (name: string) => `veza.chat.v1.ChatService/${name}`;

async function house(options: Parameters<typeof startApp>[0] = {}): Promise<TestApp> {
  const app = await startApp(options);
  onTestFinished(() => app[Symbol.asyncDispose]());
  return app;
}

describe("metrics of calls", () => {
  test("every port tells of its process, in Prometheus' text format", async () => {
    const app = await house();
    for (const address of [app.gateway, app.chat, app.stream]) {
      const { names } = await scrape(address);
      for (const name of [
        "process_cpu_seconds_total",
        "process_resident_memory_bytes",
        "nodejs_eventloop_delay_seconds_bucket",
      ])
        expect(names).toContain(name);
    }
    expect((await fetch(`${app.gateway}/metrics`, { method: "POST" })).status).toBe(405);
  });

  test("calls are counted by method, system and status; failures by reason", async () => {
    const app = await house();
    const alice = await person(app, "alice");
    const web = clientsOf(app.gateway, alice.accessToken, "connect");
    await alice.chat.createRoom({ name: "a", type: RoomType.PUBLIC });
    await web.chat.createRoom({ name: "b", type: RoomType.PUBLIC });
    await expect(web.chat.getRoomInfo({ roomId: "00000000-0000-7000-8000-000000000000" })).rejects.toThrow();
    await expect(alice.chat.createRoom({ name: "" })).rejects.toThrow();

    const found = await scrape(app.gateway);
    const count = "rpc_server_call_duration_seconds_count";
    const created = { rpc_method: method("CreateRoom") };
    expect(found.value(count, { ...created, rpc_system_name: "grpc", rpc_response_status_code: "OK" })).toBe(1);
    expect(found.value(count, { ...created, rpc_system_name: "connectrpc", rpc_response_status_code: "OK" })).toBe(1);
    expect(found.value(count, { ...created, error_type: "INVALID_ARGUMENT" })).toBe(1);
    expect(found.value(count, { rpc_method: method("GetRoomInfo"), rpc_response_status_code: "NOT_FOUND" })).toBe(1);
    expect(found.value("veza_rpc_failures_total", { reason: "ROOM_NOT_FOUND", status_code: "NOT_FOUND" })).toBe(1);
    expect(found.value("veza_rpc_active_calls", created)).toBe(0);
    const sum = found.value("rpc_server_call_duration_seconds_sum", created) ?? 0;
    expect(sum).toBeGreaterThan(0);
    expect(sum).toBeLessThan(10);
  });

  test("what is refused before its handler is counted: without a token, and what cannot be read", async () => {
    const app = await house();
    await expect(clientsOf(app.gateway).chat.listRooms({})).rejects.toThrow();
    await fetch(`${app.gateway}/veza.auth.v1.AuthService/Login`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: "{",
    });
    // By the other path: a GET, and a compressed request.
    const login = `${app.gateway}/veza.auth.v1.AuthService/Login`;
    await fetch(`${app.gateway}/veza.auth.v1.AuthService/ValidateToken?connect=v1&encoding=json&message=%7B`);
    const headers = { "content-type": "application/grpc", "grpc-encoding": "gzip", te: "trailers" };
    await fetch(login, { method: "POST", headers, body: Buffer.from([1, 0, 0, 0, 1, 7]) });
    await fetch(login, { method: "POST", headers: { "content-type": "text/plain" }, body: "no call at all" });

    const found = await scrape(app.gateway);
    expect(found.value("veza_rpc_refused_total", { reason: "NONE" })).toBe(1);
    expect(
      found.value("rpc_server_call_duration_seconds_count", { rpc_method: "veza.auth.v1.AuthService/Login" }),
    ).toBe(2);
    expect(found.value("veza_rpc_refused_total", { reason: "UNAUTHENTICATED" })).toBe(1);
    expect(found.value("veza_rpc_refused_total", { reason: "INVALID_FIELD" })).toBe(2);
    expect(found.value("rpc_server_call_duration_seconds_count", { rpc_response_status_code: "UNAUTHENTICATED" })).toBe(
      1,
    );
  });

  test("a stream is under way until it is over, and then a call that was canceled", async () => {
    const app = await house();
    const alice = await person(app, "alice");
    await alice.chat.createRoom({ name: "a", type: RoomType.PUBLIC });
    const labels = { rpc_method: method("SubscribeToChatEvents"), veza_rpc_kind: "server_streaming" };
    const stop = new AbortController();
    const frames = alice.chat.subscribeToChatEvents({}, { signal: stop.signal })[Symbol.asyncIterator]();
    await frames.next();
    expect((await scrape(app.chat)).value("veza_rpc_active_calls", labels)).toBe(1);
    stop.abort();
    await expect(frames.next()).rejects.toThrow();
    await expect
      .poll(async () => (await scrape(app.chat)).value("veza_rpc_active_calls", labels), { interval: 5 })
      .toBe(0);
    const ended = { ...labels, rpc_response_status_code: "CANCELLED" };
    expect((await scrape(app.chat)).value("rpc_server_call_duration_seconds_count", ended)).toBe(1);
  });

  test("series do not grow with users and rooms", async () => {
    const app = await house();
    const seriesAfter = async (people: number, from: number) => {
      for (let at = from; at < from + people; at += 1) {
        const someone = await person(app, `user${at}`);
        const { room } = await someone.chat.createRoom({ name: `room ${at}`, type: RoomType.PUBLIC });
        await someone.chat.sendMessage({ roomId: room?.id ?? "", content: "hello" });
      }
      const { samples } = await scrape(app.gateway);
      // What the process has open comes and goes.
      return (
        samples
          // And parts are asked now and then whether they are up.
          .filter(
            ({ name }) => !["nodejs_active_resources", "veza_part_up"].includes(name) && !name.startsWith("v8js_gc"),
          )
          .map(({ name, labels }) => JSON.stringify([name, labels]))
          .sort()
      );
    };
    expect(await seriesAfter(4, 2)).toEqual(await seriesAfter(2, 0));
  });

  test("a call's line in the log names its request and the trace of its caller", async () => {
    const lines: string[] = [];
    const log = createLog({ level: "info", format: "json", destination: { write: (line) => void lines.push(line) } });
    const app = await house({ overrides: { log } });
    const traceId = "0af7651916cd43dd8448eb211c80319c";
    await fetch(`${app.gateway}/veza.chat.v1.ChatService/ListRooms`, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        traceparent: `00-${traceId}-b7ad6b7169203331-01`,
        "x-request-id": "from-the-proxy",
      },
      body: "{}",
    });
    const line = lines.map((each) => JSON.parse(each)).find(({ msg }) => msg === "rpc");
    expect(line).toMatchObject({ trace_id: traceId, request_id: "from-the-proxy", code: "Unauthenticated" });
  });
});
