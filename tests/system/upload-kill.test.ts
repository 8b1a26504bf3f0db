import { mkdtemp, readdir, rm } from "node:fs/promises";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { limits } from "#src/platform/limits.ts";
import { startApp } from "../kit/app.ts";
import { keptFiles } from "../kit/files.ts";
import { person } from "../kit/people.ts";
import { spawnVeza } from "../kit/process.ts";

const patience = { timeout: 20_000, interval: 50 };
let dataDir: string;
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "veza-upload-kill-"));
});
afterEach(() => rm(dataDir, { recursive: true }));

test("what a killed process had half taken in is removed, and nothing that was acknowledged", async () => {
  const veza = await spawnVeza({
    VEZA_HTTP_PORT: "0",
    VEZA_CHAT_PORT: "0",
    VEZA_STREAM_PORT: "0",
    VEZA_DATA_DIR: dataDir,
  });
  const ada = await person({ gateway: veza.gateway }, "ada");
  const headers = { authorization: `Bearer ${ada.accessToken}` };
  const taken = await fetch(`${veza.gateway}/files`, { method: "POST", body: "kept", headers });
  const { id } = (await taken.json()) as { id: string };
  const { room } = await ada.chat.createRoom({ name: "a room" });
  await ada.chat.sendMessage({ roomId: room?.id ?? "", content: "look", attachmentIds: [id] });

  const half = request(`${veza.gateway}/files`, { method: "POST", headers });
  half.on("error", () => undefined);
  half.write(Buffer.alloc(100_000));
  const incoming = () => readdir(join(dataDir, "files", "incoming")).catch(() => []);
  await expect.poll(async () => (await incoming()).length, patience).toBe(1);
  await veza.end("SIGKILL");
  expect(await incoming()).toHaveLength(1);

  const later = { now: () => Date.now() + limits.files.unattachedMs + limits.files.incomingMs };
  await using app = await startApp({ dataDir, overrides: { clock: later } });
  await expect.poll(() => keptFiles(app), patience).toEqual([`attachments/${id}`]);
  const { database } = app.app.platform;
  const rows = () =>
    database
      .withTables<{ chat_attachments: { id: string } }>("chat")
      .read.selectFrom("chat_attachments")
      .select("id")
      .execute();
  await expect.poll(rows, patience).toEqual([{ id }]);
});
