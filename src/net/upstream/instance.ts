import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect as connectHttp2,
  constants,
  type OutgoingHttpHeaders,
} from "node:http2";
import { connect as connectTcp, isIP } from "node:net";
import { connect as connectTls } from "node:tls";
import { limits } from "../../platform/limits.ts";
import type { Log } from "../../platform/log.ts";

/** Where one process of a part is reached. */
export interface Place {
  /** `http` is HTTP/2 with prior knowledge. */
  readonly scheme: "http" | "https";
  /** An address, or a name when it has not been looked up. */
  readonly host: string;
  readonly port: number;
  /** The name that the certificate is for, and that requests of our own are made to. */
  readonly name: string;
}

/**
 * `up` answers that it is ready. `down` refuses connections or says that it is not ready. `unknown` has not answered yet,
 * or not for a while.
 */
export type InstanceState = "unknown" | "up" | "down";

/** One process of a part elsewhere: its connections, and whether it is well. */
export interface Instance extends Disposable {
  readonly place: Place;
  readonly state: InstanceState;
  /** Whether it has been asked how it is, and not answered yet. */
  readonly isAsked: boolean;
  /** Asks a part that is down whether it is back, unless that was just now. */
  askAgain(): void;
  /** Requests that are under way. */
  readonly inFlight: number;
  /** Begins a request. Undefined when there is no room for one. */
  open(headers: OutgoingHttpHeaders, endStream: boolean): ClientHttp2Stream | undefined;
}

interface Connection {
  readonly session: ClientHttp2Session;
  streams: number;
}

/** Gives a request up. */
export function cancel(stream: ClientHttp2Stream): void {
  stream.close(constants.NGHTTP2_CANCEL);
  // What came and nobody reads would keep it open, and its connection with it.
  stream.resume();
}

export function createInstance(needs: {
  place: Place;
  log: Log;
  /** PEM certificates that are trusted besides the usual ones. */
  ca: readonly string[] | undefined;
  onChange: () => void;
}): Instance {
  const { place, log, ca, onChange } = needs;
  const origin = `${place.scheme}://${place.name.includes(":") ? `[${place.name}]` : place.name}:${place.port}`;
  const connections = new Set<Connection>();
  let state: InstanceState = "unknown";
  let inFlight = 0;
  let heardAt = performance.now();
  let askedAt: number | undefined;
  let lastAskedAt = 0;
  let closed = false;

  function become(next: InstanceState, why: string): void {
    if (state === next || closed) return;
    state = next;
    log[next === "up" ? "info" : "warn"]({ instance: origin, address: place.host, state, why }, "instance");
    onChange();
  }

  function openSocket() {
    const { host, port } = place;
    const socket =
      place.scheme === "https"
        ? connectTls({
            host,
            port,
            ...(isIP(place.name) === 0 && { servername: place.name }),
            ALPNProtocols: ["h2"],
            ...(ca && { ca: [...ca] }),
          })
        : connectTcp({ host, port, noDelay: true });
    const connected = place.scheme === "https" ? "secureConnect" : "connect";
    const tooSlow = setTimeout(() => socket.destroy(new Error("no connection in time")), limits.upstream.connectMs);
    socket.once(connected, () => clearTimeout(tooSlow));
    socket.once("close", () => clearTimeout(tooSlow));
    return socket;
  }

  function connect(): Connection {
    const session = connectHttp2(origin, {
      createConnection: openSocket,
      maxSessionMemory: limits.upstream.sessionMemoryMb,
      settings: { enablePush: false, initialWindowSize: limits.upstream.streamWindowBytes },
    });
    const connection: Connection = { session, streams: 0 };
    connections.add(connection);
    let failed: Error | undefined;
    session.once("connect", () => session.setLocalWindowSize(limits.upstream.sessionWindowBytes));
    session.on("error", (error) => {
      failed = error;
    });
    session.once("goaway", () => retire(connection, "it is going away"));
    session.once("close", () => retire(connection, failed?.message ?? "the connection ended"));
    return connection;
  }

  /** Opens nothing more there. What is under way goes on as long as it can. */
  function retire(connection: Connection, why: string): void {
    if (!connections.delete(connection) || connections.size > 0 || closed) return;
    // It may be back already, or only this connection was lost: the next answer tells.
    if (state === "up") {
      become("unknown", why);
      setImmediate(ask);
    } else become("down", why);
  }

  function roomiest(): Connection | undefined {
    let best: Connection | undefined;
    for (const connection of connections) {
      const { session, streams } = connection;
      if (session.closed || session.destroyed) continue;
      const most = session.connecting ? 100 : (session.remoteSettings.maxConcurrentStreams ?? 100);
      if (streams < most && (best === undefined || streams < best.streams)) best = connection;
    }
    if (best === undefined && connections.size < limits.upstream.sessionsPerInstance) best = connect();
    return best;
  }

  function begin(headers: OutgoingHttpHeaders, endStream: boolean): ClientHttp2Stream | undefined {
    const connection = roomiest();
    if (connection === undefined) return undefined;
    const stream = connection.session.request(headers, { endStream });
    connection.streams += 1;
    stream.once("close", () => {
      connection.streams -= 1;
    });
    return stream;
  }

  /** Asks whether it is ready. */
  function ask(): void {
    if (closed) return;
    const now = performance.now();
    if (askedAt !== undefined) {
      if (now - askedAt < limits.upstream.probeTimeoutMs) return;
      if (state === "up") become("unknown", "it does not answer");
      if (now - heardAt < limits.upstream.silentMs) return;
      become("down", "it has not answered for too long");
      for (const { session } of [...connections]) session.destroy(new Error("the instance does not answer"));
      askedAt = undefined;
    }
    const stream = begin({ ":method": "GET", ":path": "/health/ready", ":scheme": place.scheme }, true);
    if (stream === undefined) return;
    askedAt = now;
    lastAskedAt = now;
    let status: number | undefined;
    stream.on("response", (headers) => {
      status = headers[":status"];
      stream.resume();
      answered();
    });
    stream.on("error", () => {
      // `close` follows.
    });
    stream.once("close", answered);
    function answered(): void {
      if (askedAt !== now) return;
      askedAt = undefined;
      if (status !== undefined) heardAt = performance.now();
      if (status === 200) become("up", "it is ready");
      else if (status !== undefined) become("down", "it says that it is not ready");
      // Whoever waits for the answer hears of it, be it the same as before.
      if (status !== 200) onChange();
    }
  }

  const timer = setInterval(ask, limits.upstream.probeMs).unref();
  ask();

  return {
    place,
    get state() {
      return state;
    },
    get isAsked() {
      return askedAt !== undefined;
    },
    askAgain() {
      if (state === "down" && performance.now() - lastAskedAt >= limits.upstream.askAgainMs) ask();
    },
    get inFlight() {
      return inFlight;
    },
    open(headers, endStream) {
      const stream = begin(headers, endStream);
      if (stream === undefined) return undefined;
      inFlight += 1;
      stream.once("close", () => {
        inFlight -= 1;
      });
      return stream;
    },
    [Symbol.dispose]() {
      closed = true;
      clearInterval(timer);
      for (const { session } of connections) session.destroy();
      connections.clear();
    },
  };
}
