import { createHmac, timingSafeEqual } from "node:crypto";
import type { Clock } from "../clock.ts";
import type { Config } from "../config.ts";
import { limits } from "../limits.ts";
import { randomSecret, type Secrets } from "../secrets/secrets.ts";

/** How processes of one cluster know each other: who can sign with its secret belongs to it. */
export interface ClusterCredential {
  /** For a header of a request to another process. Good for some minutes, so that one that was overheard soon is not. */
  token(): string;
  accepts(token: string): boolean;
}

/** The secret of the configuration, or else one that is kept where all processes of the cluster keep theirs. */
export async function clusterSecretOf(needs: { config: Config; secrets: Secrets }): Promise<Uint8Array | string> {
  return needs.config.clusterSecret ?? randomSecret(needs.secrets, "cluster.key", 32);
}

const form = /^([0-9a-z]{1,11})\.([A-Za-z0-9_-]{43})$/;

export function createClusterCredential(needs: { secret: Uint8Array | string; clock: Clock }): ClusterCredential {
  const { secret, clock } = needs;
  const { tokenMs, renewMs } = limits.cluster;
  let made = "";
  let renewAt = 0;
  let lastAccepted = "";
  let lastExpires = 0;

  const sign = (expires: string): Buffer => createHmac("sha256", secret).update(`veza cluster ${expires}`).digest();

  return {
    token() {
      const now = clock.now();
      if (now >= renewAt || renewAt > now + renewMs) {
        const expires = (now + tokenMs).toString(36);
        made = `${expires}.${sign(expires).toString("base64url")}`;
        renewAt = now + renewMs;
      }
      return made;
    },
    accepts(token) {
      const now = clock.now();
      // Almost all requests of a minute carry the same one.
      if (token === lastAccepted && now < lastExpires) return true;
      const [, expires = "", signature = ""] = form.exec(token) ?? [];
      const given = Buffer.from(signature, "base64url");
      const right = sign(expires);
      if (given.length !== right.length || !timingSafeEqual(given, right)) return false;
      const expiresAt = Number.parseInt(expires, 36);
      if (expiresAt <= now) return false;
      lastAccepted = token;
      lastExpires = expiresAt;
      return true;
    },
  };
}
