import { Failure, Reason } from "../failure.ts";
import type { Log } from "../log.ts";
import type { Answerer, BusHeaders } from "./bus.ts";

/** A request as it reaches the process that answers it. */
export interface Asked {
  readonly subject: string;
  readonly payload: Uint8Array;
  readonly headers: BusHeaders | undefined;
  /** Aborted when nobody waits for the answer any more. */
  readonly signal: AbortSignal;
}

/** Who answers in this process, by subject. */
export class Answerers {
  readonly #log: Log;
  readonly #bySubject = new Map<string, Answerer[]>();

  constructor(log: Log) {
    this.#log = log;
  }

  has(subject: string): boolean {
    return this.#bySubject.has(subject);
  }

  /** `onLast` runs when nobody answers the subject any more. */
  add(subject: string, answerer: Answerer, onLast?: () => void): Disposable {
    const group = this.#bySubject.get(subject) ?? [];
    this.#bySubject.set(subject, group);
    const own: Answerer = (payload, request) => answerer(payload, request);
    group.push(own);
    return {
      [Symbol.dispose]: () => {
        const index = group.indexOf(own);
        if (index === -1) return;
        group.splice(index, 1);
        if (group.length > 0 || this.#bySubject.get(subject) !== group) return;
        this.#bySubject.delete(subject);
        onLast?.();
      },
    };
  }

  /** Has it answered by one of those who answer here, in turns. Rejects with a Failure, whatever was thrown. */
  async ask(asked: Asked): Promise<Uint8Array> {
    const { subject, payload, headers, signal } = asked;
    const group = this.#bySubject.get(subject);
    const answerer = group?.shift();
    if (group === undefined || answerer === undefined) throw nobodyAnswers();
    group.push(answerer);
    try {
      return await answerer(payload, { subject, headers, signal });
    } catch (error) {
      if (error instanceof Failure) throw error;
      this.#log.error({ err: error, subject }, "answering a request of the bus failed");
      throw new Failure(Reason.INTERNAL);
    }
  }

  clear(): void {
    this.#bySubject.clear();
  }
}

/** How long to wait before asking again, when nobody answers. Milliseconds. */
const askAgainMs = 1000;

export function nobodyAnswers(): Failure {
  return new Failure(Reason.UNAVAILABLE, {
    sentence: "the process that would do this cannot be reached: try again",
    retryAfterMs: askAgainMs,
  });
}
