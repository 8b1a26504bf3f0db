import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { selfSigned } from "../kit/certificate.ts";
import { startParts } from "../kit/parts.ts";

test("parts that share a certificate trust it, and speak TLS among themselves", async () => {
  const folder = await mkdtemp(join(tmpdir(), "veza-tls-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const { cert, key } = selfSigned();
  const [VEZA_TLS_CERT, VEZA_TLS_KEY] = [join(folder, "cert.pem"), join(folder, "key.pem")];
  await Promise.all([writeFile(VEZA_TLS_CERT, cert), writeFile(VEZA_TLS_KEY, key)]);
  await using parts = await startParts({ scheme: "https", env: { VEZA_TLS_CERT, VEZA_TLS_KEY } });

  const ask = (method: string, path: string, body?: string) =>
    new Promise<Record<string, unknown>>((resolve, reject) => {
      const asked = request(parts.gateway + path, { method, ca: cert }, async (response) => {
        const text = Buffer.concat(await response.toArray()).toString();
        resolve(JSON.parse(text) as Record<string, unknown>);
      });
      asked.on("error", reject);
      asked.end(body);
    });
  while ((await ask("GET", "/health")).status !== "ok") await pause(20);
  // The gateway calls chat, and stream calls chat in turn.
  expect(await ask("POST", "/test/chat", '{"name": "Room"}')).toMatchObject({ message: { content: "It works." } });
  expect(await ask("POST", "/test/stream", '{"title": "Stream"}')).toHaveProperty("stream.roomId");
});
