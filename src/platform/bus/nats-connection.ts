import { errors, type NatsConnection, type Status } from "@nats-io/nats-core";
import { connect } from "@nats-io/transport-node";
import { limits } from "../limits.ts";
import type { Log } from "../log.ts";
import type { NatsAddress } from "./nats-address.ts";

/**
 * Connects to NATS, and comes back for ever when the connection is lost. Tries for `limits.bus.startMs` at first, and
 * throws an Error that says what is wrong then; at once when the server refuses who is asking.
 */
export async function connectToNats(needs: { address: NatsAddress; log: Log; name: string }): Promise<NatsConnection> {
  const { address, log, name } = needs;
  const { servers, user, password, token, tls } = address;
  const where = servers.join(", ");
  const giveUpAt = performance.now() + limits.bus.startMs;
  for (let tries = 0; ; tries += 1) {
    try {
      return await connect({
        servers: [...servers],
        name,
        // Who publishes has delivered to its own process already.
        noEcho: true,
        ...(user === undefined || password === undefined ? {} : { user, pass: password }),
        ...(token === undefined ? {} : { token }),
        ...(tls ? { tls: {} } : {}),
        timeout: limits.bus.connectMs,
        pingInterval: limits.bus.pingMs,
        maxPingOut: 2,
        maxReconnectAttempts: -1,
        // Credentials may be changed while Veza runs: it is let in again once they are changed back.
        ignoreAuthErrorAbort: true,
        reconnectDelayHandler: reconnectDelay,
      });
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      if (error instanceof errors.AuthorizationError)
        throw new Error(`NATS at ${where} refuses the user, password or token of VEZA_NATS_URL`);
      if (performance.now() > giveUpAt)
        throw new Error(`NATS at ${where} cannot be reached: ${why}. Is VEZA_NATS_URL right, and the server running?`);
      if (tries === 0) log.warn({ servers: where, reason: why }, "NATS cannot be reached yet: trying on");
      await new Promise((resolve) => setTimeout(resolve, reconnectDelay()));
    }
  }
}

/** Not all processes come back in the same moment. */
function reconnectDelay(): number {
  return limits.bus.reconnectMs * (0.5 + Math.random());
}

/** Calls back when the connection is lost and when it is back, until it is closed. */
export async function watchNats(
  connection: NatsConnection,
  { log, onLost, onBack }: { log: Log; onLost: () => void; onBack: () => void },
): Promise<void> {
  for await (const status of connection.status()) {
    switch (status.type) {
      case "disconnect":
        log.warn({ server: status.server }, "the connection to NATS is lost: trying to come back");
        onLost();
        break;
      case "reconnect":
        log.info({ server: status.server }, "the connection to NATS is back");
        onBack();
        break;
      case "error":
        log.error({ err: status.error }, complaintOf(status));
        break;
    }
  }
}

function complaintOf({ error }: Extract<Status, { type: "error" }>): string {
  return error instanceof errors.PermissionViolationError
    ? "NATS does not let Veza speak or listen there: it needs publish and subscribe on veza.> and _INBOX.>"
    : "NATS complains";
}
