import type { Msg, Subscription } from "@nats-io/nats-core";
import { limits } from "../limits.ts";
import type { Log } from "../log.ts";
import { Answerers, nobodyAnswers } from "./answerers.ts";
import { type Bus, type BusHeaders, gapSubject, requirePattern, requireSubject } from "./bus.ts";
import { Gaps } from "./gaps.ts";
import { inTime } from "./in-time.ts";
import { Listeners } from "./listeners.ts";
import type { NatsAddress } from "./nats-address.ts";
import { connectToNats, watchNats } from "./nats-connection.ts";
import { fromNats, toNats } from "./nats-headers.ts";
import { createNatsRequests } from "./nats-requests.ts";
import { Underway } from "./underway.ts";

/** What is Veza's in a NATS that others may use as well. */
const prefix = "veza.";
/** Those who answer the same subject, as NATS spreads requests among them. */
const answererGroup = "veza";
/** What a message costs besides its payload, about. */
const messageBytes = 100;

/**
 * A bus over NATS. Listeners of this process are told directly, and NATS tells all the others: what works in one process
 * is no slower with NATS. A process listens at NATS once to a subject, however many do so in it, and only while somebody does.
 */
export async function createNatsBus(needs: { address: NatsAddress; log: Log; name: string }): Promise<Bus> {
  const { log } = needs;
  const connection = await connectToNats(needs);
  const listeners = new Listeners(log);
  const answerers = new Answerers(log);
  const gaps = new Gaps(log, limits.bus.gapSettleMs);
  const underway = new Underway(limits.bus.underwayBytes, () => connection.flush());
  const subscriptions = new Map<string, Subscription>();
  const requests = createNatsRequests({ connection, answerers, log });
  let isConnected = true;
  /** Messages were dropped that other processes should have had. */
  let hasDropped = false;

  /** Resolves once NATS has taken everything that was said to it before. Rejects when that takes too long. */
  const confirmed = () => inTime({ timeoutMs: limits.bus.probeMs }, () => connection.flush());

  /** Sends to other processes, or drops it, and remembers that it did. */
  function send(subject: string, payload: Uint8Array, headers: BusHeaders | undefined): void {
    if (isConnected && underway.take(payload.length + messageBytes)) {
      connection.publish(prefix + subject, payload, headers === undefined ? {} : { headers: toNats(headers) });
      return;
    }
    tellDropped();
  }

  let telling = false;
  /** Tells the others that they miss something, once what is underway has arrived. */
  function tellDropped(): void {
    hasDropped = true;
    if (telling || !isConnected) return;
    telling = true;
    connection
      .flush()
      .then(() => {
        if (!hasDropped || !isConnected) return;
        hasDropped = false;
        connection.publish(prefix + gapSubject);
      })
      // The connection is lost: they are told when it is back.
      .catch(() => undefined)
      .finally(() => {
        telling = false;
      });
  }

  function onLost(): void {
    isConnected = false;
    underway.reset();
    requests.giveUp();
  }
  function onBack(): void {
    isConnected = true;
    // What was underway is lost, and all that was said meanwhile.
    tellDropped();
    // The subscriptions were sent along: once the server has them, nothing is missed any more.
    connection.flush().then(
      () => gaps.tell(),
      () => undefined,
    );
  }
  let isDisposed = false;
  void connection.closed().then((error) => {
    isConnected = false;
    if (!isDisposed) log.error({ err: error }, "the connection to NATS has ended for good: start Veza again");
  });
  void watchNats(connection, { log, onLost, onBack }).catch((error: unknown) => {
    log.error({ err: error }, "watching the connection to NATS failed");
  });

  function listenAtNats(key: string, subject: string, queue: string | undefined, take: (message: Msg) => void): void {
    const callback = (error: Error | null, message: Msg): void => {
      if (error !== null) log.error({ err: error, subject }, "listening at NATS failed");
      else take(message);
    };
    subscriptions.set(
      key,
      connection.subscribe(prefix + subject, { callback, ...(queue === undefined ? {} : { queue }) }),
    );
  }
  function leaveNats(key: string): void {
    const subscription = subscriptions.get(key);
    subscriptions.delete(key);
    if (!connection.isClosed()) subscription?.unsubscribe();
  }

  listenAtNats("gaps", gapSubject, undefined, () => gaps.tell());
  listeners.add(gapSubject, () => gaps.tell());

  return {
    publish(subject, payload, headers) {
      requireSubject(subject);
      listeners.tell(payload, { subject, headers });
      if (payload.length > limits.bus.payloadBytes) {
        log.error({ subject, bytes: payload.length }, "a message too large for the bus was dropped");
        tellDropped();
        return;
      }
      send(subject, payload, headers);
    },
    subscribe(pattern, listener) {
      requirePattern(pattern);
      if (!listeners.has(pattern)) {
        listenAtNats(`listen ${pattern}`, pattern, undefined, ({ subject, data, headers }) => {
          listeners.tellPattern(pattern, data, { subject: subject.slice(prefix.length), headers: fromNats(headers) });
        });
      }
      return listeners.add(pattern, listener, () => leaveNats(`listen ${pattern}`));
    },
    async listening() {
      // Who is not heard in time is told of a gap, once that is known to be a cut.
      if (isConnected) await confirmed().catch(() => undefined);
    },
    async request(subject, payload, options) {
      requireSubject(subject);
      return inTime(options, async (signal) => {
        if (answerers.has(subject)) return answerers.ask({ subject, payload, headers: options.headers, signal });
        if (!isConnected) throw nobodyAnswers();
        return requests.ask(prefix + subject, payload, options, signal);
      });
    },
    answer(subject, answerer) {
      requireSubject(subject);
      if (!answerers.has(subject))
        listenAtNats(`answer ${subject}`, subject, answererGroup, (request) => void requests.answer(subject, request));
      return answerers.add(subject, answerer, () => leaveNats(`answer ${subject}`));
    },
    onGap: (listener) => gaps.listen(listener),
    get isConnected() {
      return isConnected;
    },
    async probe() {
      if (!isConnected) throw nobodyAnswers();
      await confirmed();
    },
    async [Symbol.asyncDispose]() {
      // What was said last is heard, if somebody takes it.
      if (isConnected) await confirmed().catch(() => undefined);
      isDisposed = true;
      isConnected = false;
      gaps.clear();
      listeners.clear();
      answerers.clear();
      await connection.close();
    },
  };
}
