import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import { limits } from "../../platform/limits.ts";
import type { Log } from "../../platform/log.ts";
import { createInstance, type Instance, type Place } from "./instance.ts";

/** The processes of a part that runs elsewhere. */
export interface Upstream extends Disposable {
  readonly name: string;
  readonly instances: readonly Instance[];
  /** Whether at least one of them is well. */
  readonly isUp: boolean;
  /** Whether at least one of them is well that is not this one. */
  hasOther(instance: Instance): boolean;
  /** Calls back when something may have become of an instance. */
  onChange(listener: () => void): Disposable;
  /**
   * One that is well, preferably not the one to avoid: the less busy of two. Undefined when all are down, or when it does
   * not turn out in time that one is not.
   */
  pick(avoid?: Instance): Instance | undefined | Promise<Instance | undefined>;
}

/**
 * Opens connections to all of them, and keeps asking whether they are well. A name that stands for several addresses
 * stands for several instances, which may change.
 */
export function createUpstream(needs: {
  name: string;
  urls: readonly string[];
  log: Log;
  ca: readonly string[] | undefined;
}): Upstream {
  const { name, log, ca } = needs;
  const instances = new Map<string, Instance>();
  /** Those that are well. */
  let up: readonly Instance[] = [];
  const waiting = new Set<() => void>();
  const listeners = new Set<() => void>();
  let closed = false;

  function changed(): void {
    up = [...instances.values()].filter(({ state }) => state === "up");
    for (const tell of [...waiting, ...listeners]) tell();
  }
  const isUp = () => up.length > 0;
  /** Where fewer are well, those who are cut off could be the end of them. */
  const areMostUp = () => up.length > 0 && 2 * up.length >= instances.size;
  function add(place: Place): void {
    const key = `${place.host} ${place.port}`;
    if (instances.has(key)) return;
    instances.set(key, createInstance({ place, log, ca, onChange: changed, isSpare: areMostUp }));
  }
  /** The places of a name replace those that it had. A name that cannot be looked up keeps them. */
  async function resolve(named: Place): Promise<void> {
    try {
      const found = await lookup(named.name, { all: true });
      if (closed) return;
      // A name of this machine may have both kinds of address, and the part listens on one.
      const kind = found.some(({ family }) => family === 4) ? 4 : 6;
      const places = found.filter(({ family }) => family === kind).slice(0, limits.upstream.addressesPerName);
      for (const { address } of places) add({ ...named, host: address });
      for (const [key, instance] of instances) {
        const { place } = instance;
        const isGone = place.name === named.name && place.port === named.port;
        if (!isGone || places.some(({ address }) => address === place.host)) continue;
        // While it answers there is no hurry: names of things that stop are taken back first.
        if (instance.state === "up" || instance.inFlight > 0) continue;
        instances.delete(key);
        instance[Symbol.dispose]();
      }
    } catch (error) {
      log.warn({ err: error, upstream: name, host: named.name }, "a name cannot be looked up");
    }
  }

  const named: Place[] = [];
  for (const url of needs.urls) {
    const { protocol, hostname, port } = new URL(url);
    const scheme = protocol === "https:" ? "https" : "http";
    const host = hostname.replace(/^\[|\]$/g, "");
    const place: Place = { scheme, host, name: host, port: Number(port || (scheme === "https" ? 443 : 80)) };
    if (isIP(host) !== 0) add(place);
    else named.push(place);
  }
  let resolving: Promise<unknown> | undefined;
  let resolvedAt = 0;
  /** Names are looked up now and then, and more often while none of the addresses that they had will do. */
  function resolveAll(): void {
    const now = performance.now();
    if (resolving !== undefined || (isUp() && now - resolvedAt < limits.upstream.resolveMs)) return;
    resolvedAt = now;
    resolving = Promise.all(named.map(resolve)).finally(() => {
      resolving = undefined;
      changed();
    });
  }
  if (named.length > 0) resolveAll();
  const timer = setInterval(resolveAll, limits.upstream.resolveAgainMs).unref();
  if (named.length === 0) clearInterval(timer);

  function ready(avoid: Instance | undefined): Instance | undefined {
    const others = avoid !== undefined && up.length > 1 ? up.filter((instance) => instance !== avoid) : up;
    const one = others[Math.floor(Math.random() * others.length)];
    const other = others[Math.floor(Math.random() * others.length)];
    return one !== undefined && other !== undefined && other.inFlight < one.inFlight ? other : one;
  }
  /** Whether one may turn out to be well in a moment. */
  const isOpen = () =>
    resolving !== undefined || [...instances.values()].some(({ state, isAsked }) => state === "unknown" || isAsked);

  function wait(avoid: Instance | undefined): Promise<Instance | undefined> {
    if (waiting.size >= limits.upstream.callsWaiting) return Promise.resolve(undefined);
    return new Promise((done) => {
      const tooLong = setTimeout(settle, limits.upstream.waitMs, undefined);
      function look(): void {
        const found = ready(avoid);
        if (found !== undefined || !isOpen()) settle(found);
      }
      function settle(found: Instance | undefined): void {
        clearTimeout(tooLong);
        waiting.delete(look);
        done(found);
      }
      waiting.add(look);
    });
  }

  return {
    name,
    get instances() {
      return [...instances.values()];
    },
    get isUp() {
      return isUp();
    },
    hasOther: (instance) => up.some((each) => each !== instance),
    onChange(listener) {
      listeners.add(listener);
      return { [Symbol.dispose]: () => void listeners.delete(listener) };
    },
    pick(avoid) {
      const found = ready(avoid);
      if (found !== undefined || closed) return found;
      // What was down a moment ago may be back: a refused connection is known at once.
      for (const instance of instances.values()) instance.askAgain();
      return isOpen() ? wait(avoid) : undefined;
    },
    [Symbol.dispose]() {
      closed = true;
      clearInterval(timer);
      for (const instance of instances.values()) instance[Symbol.dispose]();
      instances.clear();
      changed();
    },
  };
}
