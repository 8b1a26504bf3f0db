import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect as connectHttp2,
  constants,
  type OutgoingHttpHeaders,
} from "node:http2";
import { connect as connectTcp, isIP, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { limits } from "../../platform/limits.ts";
import type { Log } from "../../platform/log.ts";
import { Silence } from "./silence.ts";

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
 * `up` answers that it is ready. `down` refuses connections, says that it is not ready, or says nothing any more. `unknown`
 * has not answered yet, or not for a moment.
 */
export type InstanceState = "unknown" | "up" | "down";

/** One process of a part elsewhere: its connections, and whether it is well. */
export interface Instance extends Disposable {
  readonly place: Place;
  readonly state: InstanceState;
  /** Whether it has been asked how it is, and may answer any moment. */
  readonly isAsked: boolean;
  /** Asks a part that is down whether it is back, unless that was just now. */
  askAgain(): void;
  /** Requests that are under way. */
  readonly inFlight: number;
  /**
   * Begins a request. Undefined when there is no room for one. `onStalled` is called when the process has been silent for so
   * long that nobody should wait for its answer; what it said before may still be followed by more.
   */
  open(headers: OutgoingHttpHeaders, endStream: boolean, onStalled?: () => void): ClientHttp2Stream | undefined;
  /** Calls back when it has been silent for so long that it is given up, with all that is under way there. */
  onLost(listener: () => void): Disposable;
}

interface Connection {
  readonly session: ClientHttp2Session;
  readonly silence: Silence;
  isSilent: boolean;
  streams: number;
  /** Whom to tell that nobody should wait. */
  readonly waiting: Set<() => void>;
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
  /** Whether others can take what is under way here. */
  isSpare: () => boolean;
}): Instance {
  const { place, log, ca, onChange, isSpare } = needs;
  const origin = `${place.scheme}://${place.name.includes(":") ? `[${place.name}]` : place.name}:${place.port}`;
  const connections = new Set<Connection>();
  const lost = new Set<() => void>();
  let state: InstanceState = "unknown";
  let inFlight = 0;
  let askedAt: number | undefined;
  let asked: ClientHttp2Stream | undefined;
  let lastAskedAt = 0;
  /** Whether the answer to what it was asked is not to be waited for. */
  let isMute = false;
  let closed = false;

  function become(next: InstanceState, why: string): void {
    if (state === next || closed) return;
    state = next;
    log[next === "up" ? "info" : "warn"]({ instance: origin, address: place.host, state, why }, "instance");
    onChange();
  }

  function openSocket(): Socket {
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
    const socket = openSocket();
    const session = connectHttp2(origin, {
      createConnection: () => socket,
      maxSessionMemory: limits.upstream.sessionMemoryMb,
      settings: { enablePush: false, initialWindowSize: limits.upstream.streamWindowBytes },
    });
    const silence = new Silence(session, socket);
    const connection: Connection = { session, silence, isSilent: false, streams: 0, waiting: new Set() };
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
      const { session, streams, isSilent } = connection;
      if (session.closed || session.destroyed || isSilent) continue;
      const most = session.connecting ? 100 : (session.remoteSettings.maxConcurrentStreams ?? 100);
      if (streams < most && (best === undefined || streams < best.streams)) best = connection;
    }
    if (best === undefined && connections.size < limits.upstream.sessionsPerInstance) best = connect();
    return best;
  }

  function begin(
    headers: OutgoingHttpHeaders,
    endStream: boolean,
    onStalled: (() => void) | undefined,
    counts: boolean,
  ) {
    const connection = roomiest();
    if (connection === undefined) return undefined;
    const { session, waiting } = connection;
    const stream = session.request(headers, { endStream });
    connection.streams += 1;
    if (counts) inFlight += 1;
    if (onStalled !== undefined) waiting.add(onStalled);
    stream.once("close", () => {
      connection.streams -= 1;
      if (counts) inFlight -= 1;
      if (onStalled !== undefined) waiting.delete(onStalled);
    });
    return stream;
  }

  /** Looks whether those who are waited for say anything. */
  function look(): void {
    let isGivenUp = false;
    for (const connection of [...connections]) {
      const { session, silence, streams, waiting } = connection;
      const silentMs = streams === 0 ? 0 : silence.look();
      const isSilent = silentMs >= limits.upstream.doubtMs;
      connection.isSilent = isSilent;
      if (isSilent && state === "up") {
        become("unknown", "it is silent");
        // It may be the connection: then another one is answered at once.
        askAnew();
      }
      if (silentMs < limits.upstream.stalledMs) continue;
      if (state !== "up") {
        isMute = true;
        become("down", "it says nothing any more");
      }
      for (const stalled of [...waiting]) stalled();
      if (silentMs < (isSpare() ? limits.upstream.lostMs : limits.upstream.silentMs)) continue;
      isGivenUp = true;
      session.destroy(new Error("the instance does not answer"));
    }
    if (isGivenUp && state !== "up") for (const tell of [...lost]) tell();
  }

  function askAnew(): void {
    if (asked !== undefined) cancel(asked);
    askedAt = undefined;
    ask();
  }

  /** Asks whether it is ready. */
  function ask(): void {
    if (closed) return;
    const now = performance.now();
    if (askedAt !== undefined) {
      if (now - askedAt < limits.upstream.probeTimeoutMs) return;
      if (state === "up") become("unknown", "it does not answer");
      if (now - askedAt < limits.upstream.silentMs) return;
      // It runs, or its connection would be gone; but what is asked there is not answered.
      become("down", "it has not answered for too long");
      if (asked !== undefined) cancel(asked);
    }
    const stream = begin(
      { ":method": "GET", ":path": "/health/ready", ":scheme": place.scheme },
      true,
      undefined,
      false,
    );
    if (stream === undefined) return;
    askedAt = now;
    lastAskedAt = now;
    asked = stream;
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
      if (asked !== stream) return;
      askedAt = undefined;
      asked = undefined;
      isMute = false;
      if (status === 200) become("up", "it is ready");
      else if (status !== undefined) become("down", "it says that it is not ready");
      // Whoever waits for the answer hears of it, be it the same as before.
      if (status !== 200) onChange();
    }
  }

  const timers = [setInterval(ask, limits.upstream.probeMs), setInterval(look, limits.upstream.lookMs)];
  for (const timer of timers) timer.unref();
  ask();

  return {
    place,
    get state() {
      return state;
    },
    get isAsked() {
      return askedAt !== undefined && !isMute;
    },
    askAgain() {
      if (state === "down" && performance.now() - lastAskedAt >= limits.upstream.askAgainMs) ask();
    },
    get inFlight() {
      return inFlight;
    },
    open: (headers, endStream, onStalled) => begin(headers, endStream, onStalled, true),
    onLost(listener) {
      lost.add(listener);
      return { [Symbol.dispose]: () => void lost.delete(listener) };
    },
    [Symbol.dispose]() {
      closed = true;
      for (const timer of timers) clearInterval(timer);
      for (const { session } of connections) session.destroy();
      connections.clear();
    },
  };
}
