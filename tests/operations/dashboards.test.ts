import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { RoomType } from "#gen/veza/chat/v1/room_pb.ts";
import { StreamVisibility } from "#gen/veza/stream/v1/stream_pb.ts";
import { startApp } from "../kit/app.ts";
import { countingFrames, frameMs } from "../kit/counting-mp3.ts";
import { icecastSource } from "../kit/icecast-source.ts";
import { listenTo } from "../kit/listener.ts";
import { startParts, untilHealthy } from "../kit/parts.ts";
import { clientsOf, type Person, person } from "../kit/people.ts";
import { startPostgres } from "../kit/postgres.ts";
import { type Prometheus, startPrometheus, withoutPrometheus } from "../kit/prometheus.ts";

const folder = new URL("../../deploy/grafana/dashboards/", import.meta.url).pathname;

interface Dashboard {
  readonly uid: string;
  readonly panels: readonly {
    readonly title: string;
    readonly gridPos: { readonly x: number; readonly w: number };
    readonly targets: readonly { readonly expr: string }[];
  }[];
}
const dashboards = globSync("*.json", { cwd: folder }).map(
  (file) => JSON.parse(readFileSync(join(folder, file), "utf8")) as Dashboard,
);
const queries = dashboards.flatMap(({ uid, panels }) =>
  panels.flatMap(({ title, targets }) => targets.map(({ expr }) => ({ panel: `${uid}: ${title}`, expr }))),
);

/** Queries that answer nothing in a single process on SQLite, and why: they are asked of several on PostgreSQL. */
const onSeveral = /db_client_connection_|veza_database_errors|veza_forward_|veza_upstream_/;
/** The one that is meant to answer nothing. */
const alerts = /^sum by \(alertname\) \(ALERTS/;

function asked(expr: string): string {
  return expr.replaceAll("$instance", ".*").replaceAll("$__rate_interval", "5s");
}

/** Asks until all of them answer something; names those that do not. */
async function expectData(prometheus: Prometheus, wanted: readonly { panel: string; expr: string }[]): Promise<void> {
  let left = wanted;
  for (const giveUp = performance.now() + 20_000; left.length > 0 && performance.now() < giveUp; await sleep(200)) {
    const answers = await Promise.all(left.map(({ expr }) => prometheus.query(asked(expr))));
    left = left.filter((_, at) => answers[at]?.length === 0);
  }
  expect(left).toEqual([]);
}

/** Does a little of everything, again and again. */
async function use(alice: Person, gateway: string, stop: AbortSignal): Promise<void> {
  const { room } = await alice.chat.createRoom({ name: "a", type: RoomType.PUBLIC });
  const roomId = room?.id ?? "";
  const follow = (async () => {
    for await (const _ of alice.chat.subscribeToChatEvents({}, { signal: stop }));
  })().catch(() => undefined);
  const { stream, streamKey } = await alice.stream.createStream({ title: "a", visibility: StreamVisibility.PUBLIC });
  const streamId = stream?.id ?? "";
  const source = icecastSource(gateway, { path: `/live/${streamId}`, key: streamKey });
  await source.says("200 OK");
  const sending = setInterval(() => source.send(countingFrames(0, 4)), 4 * frameMs);
  const tape = listenTo(alice, { streamId });
  try {
    while (!stop.aborted) {
      await alice.chat.sendMessage({ roomId, content: "hello" });
      await fetch(`${gateway}/files`, {
        method: "POST",
        headers: { authorization: `Bearer ${alice.accessToken}`, "content-type": "text/plain" },
        body: "words",
      });
      await clientsOf(gateway)
        .auth.login({ login: "alice", password: "a guess, and wrong" })
        .catch(() => undefined);
      await clientsOf(gateway)
        .chat.listRooms({})
        .catch(() => undefined);
      const { recording } = await alice.stream.startRecording({ streamId, title: "a" });
      await sleep(200);
      await alice.stream.stopRecording({ recordingId: recording?.id ?? "" });
    }
  } finally {
    clearInterval(sending);
    source.drop();
    await tape[Symbol.asyncDispose]();
    await follow;
  }
}

describe.skipIf(withoutPrometheus)("every query of the dashboards answers something", () => {
  test("on one process with SQLite", async () => {
    await using app = await startApp();
    const alice = await person(app, "alice");
    await using prometheus = await startPrometheus([app.gateway]);
    const stop = new AbortController();
    const used = use(alice, app.gateway, stop.signal);
    try {
      await expectData(
        prometheus,
        queries.filter(({ expr }) => !onSeveral.test(expr) && !alerts.test(expr)),
      );
    } finally {
      stop.abort();
      await used;
    }
  });

  test.skipIf((process.env.VEZA_TEST_WITHOUT ?? "").split(",").includes("postgres"))(
    "on several processes with PostgreSQL",
    async () => {
      await using server = await startPostgres();
      await using parts = await startParts({ env: { VEZA_DATABASE_URL: server.url("postgres") } });
      await untilHealthy(parts);
      const alice = await person(parts, "alice");
      const all = [...parts.gateways, ...parts.chats, ...parts.streams];
      await using prometheus = await startPrometheus(all.map(({ url }) => url));
      let stop = false;
      const used = (async () => {
        while (!stop) {
          await alice.chat.listRooms({});
          await sleep(50);
        }
      })();
      try {
        await expectData(
          prometheus,
          queries.filter(({ expr }) => onSeveral.test(expr)),
        );
      } finally {
        stop = true;
        await used;
      }
    },
  );
});

test("panels fit the grid, and each dashboard has a name of its own", () => {
  expect(new Set(dashboards.map(({ uid }) => uid)).size).toBe(dashboards.length);
  expect(queries.length).toBeGreaterThan(50);
  for (const { panels } of dashboards)
    for (const { gridPos } of panels) expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24);
});
