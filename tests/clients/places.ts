import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startApp } from "../kit/app.ts";
import type { Place } from "./story.ts";
import { need, runWell } from "./tools.ts";

/** An app without TLS. */
export async function plainPlace(): Promise<Place> {
  const app = await startApp();
  return { app, [Symbol.asyncDispose]: () => app[Symbol.asyncDispose]() };
}

/** An app with a certificate that it signed itself, for 127.0.0.1. */
export async function tlsPlace(): Promise<Place> {
  await need("openssl", "openssl", "openssl", ["version"]);
  const dir = await mkdtemp(join(tmpdir(), "veza-tls-"));
  const cert = join(dir, "cert.pem");
  const key = join(dir, "key.pem");
  const subject = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "2"];
  const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", key];
  await runWell("openssl", ["req", "-x509", ...newKey, "-out", cert, ...subject]);
  const app = await startApp({ env: { VEZA_TLS_CERT: cert, VEZA_TLS_KEY: key } });
  return {
    app,
    ca: cert,
    async [Symbol.asyncDispose]() {
      await app[Symbol.asyncDispose]();
      await rm(dir, { recursive: true, force: true });
    },
  };
}
