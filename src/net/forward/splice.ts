import { connect as connectTcp, isIP, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { limits } from "../../platform/limits.ts";
import type { Log } from "../../platform/log.ts";
import type { Upstream } from "../upstream/upstream.ts";

const nobody = "HTTP/1.0 503 Service Unavailable\r\nretry-after: 1\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";

/** Hands the connection of a source on to an instance of the part elsewhere, byte by byte, both ways. */
export function createSplice(needs: {
  upstream: Upstream;
  ca: readonly string[] | undefined;
  log: Log;
  /** Aborted when the process stops: sources are let go, to come back to another. */
  shutdown: AbortSignal;
}) {
  const { upstream, ca, log, shutdown } = needs;
  const sources = new Set<Socket>();
  shutdown.addEventListener("abort", () => {
    for (const source of sources) source.destroySoon();
  });
  return async (source: Socket, firstBytes: Uint8Array): Promise<void> => {
    const instance = await upstream.pick();
    if (source.destroyed) return;
    if (instance === undefined) {
      source.end(nobody);
      return;
    }
    const { host, port, scheme, name } = instance.place;
    const part =
      scheme === "https"
        ? connectTls({
            host,
            port,
            ...(isIP(name) === 0 && { servername: name }),
            ALPNProtocols: ["http/1.1"],
            ...(ca && { ca: [...ca] }),
          })
        : connectTcp({ host, port, noDelay: true });
    const tooSlow = setTimeout(() => part.destroy(new Error("no connection in time")), limits.upstream.connectMs);
    part.once("error", (error) =>
      log.warn({ err: error, upstream: upstream.name }, "the connection of a source broke"),
    );
    part.once(scheme === "https" ? "secureConnect" : "connect", () => clearTimeout(tooSlow));
    sources.add(source);
    // One that stands still would keep the source for ever, and nobody would hear it.
    const lost = instance.onLost(() => part.destroy(new Error("the instance does not answer")));
    // Whoever goes takes the other along; what was said until then still arrives.
    part.once("close", () => {
      clearTimeout(tooSlow);
      lost[Symbol.dispose]();
      source.destroySoon();
    });
    source.once("close", () => {
      sources.delete(source);
      part.destroySoon();
    });
    part.write(firstBytes);
    source.pipe(part);
    part.pipe(source);
  };
}
