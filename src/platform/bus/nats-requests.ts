import { errors, type Msg, type NatsConnection } from "@nats-io/nats-core";
import { Failure, Reason } from "../failure.ts";
import { limits } from "../limits.ts";
import type { Log } from "../log.ts";
import { type Answerers, nobodyAnswers } from "./answerers.ts";
import type { RequestOptions } from "./bus.ts";
import { decodeFailure, encodeFailure } from "./failure-message.ts";
import { fromNats, ownHeaders, toNats } from "./nats-headers.ts";

/** An answer with this header is a Failure. */
const failureHeader = `${ownHeaders}Failure`;
/** How long the one who asks waits, in milliseconds. */
const timeoutHeader = `${ownHeaders}Timeout`;
/** NATS waits a little longer than whoever asked, who then says what happened. */
const graceMs = 100;

/** Requests to other processes, and theirs to this one. */
export interface NatsRequests {
  /** `signal` is aborted when nobody waits any more. The subject is NATS's, with the prefix. */
  ask(subject: string, payload: Uint8Array, options: RequestOptions, signal: AbortSignal): Promise<Uint8Array>;
  /** Has a request answered by those who answer `subject` in this process. Never rejects. */
  answer(subject: string, request: Msg): Promise<void>;
  /** The connection is lost: who waits for an answer waits for nothing. */
  giveUp(): void;
}

export function createNatsRequests(needs: {
  connection: NatsConnection;
  answerers: Answerers;
  log: Log;
}): NatsRequests {
  const { connection, answerers, log } = needs;
  const waiting = new Set<(reason: unknown) => void>();

  function respond(request: Msg, payload: Uint8Array, headers: Record<string, string> | undefined): void {
    if (connection.isClosed()) return;
    request.respond(payload, headers === undefined ? {} : { headers: toNats(headers) });
  }

  return {
    async ask(subject, payload, { timeoutMs, headers }, signal) {
      const ended = Promise.withResolvers<never>();
      ended.promise.catch(() => undefined);
      waiting.add(ended.reject);
      signal.addEventListener("abort", () => ended.reject(signal.reason));
      try {
        const asking = connection.request(subject, payload, {
          timeout: timeoutMs + graceMs,
          headers: toNats({ ...headers, [timeoutHeader]: String(timeoutMs) }),
        });
        const { headers: answered, data } = await Promise.race([asking, ended.promise]);
        if (answered?.has(failureHeader)) throw decodeFailure(data);
        return data;
      } catch (error) {
        if (error instanceof errors.RequestError && error.isNoResponders()) throw nobodyAnswers();
        throw error;
      } finally {
        waiting.delete(ended.reject);
      }
    },

    async answer(subject, request) {
      const given = Number(request.headers?.get(timeoutHeader));
      const timeoutMs = given > 0 ? given : limits.bus.answerMs;
      const asked = {
        subject,
        payload: request.data,
        headers: fromNats(request.headers),
        signal: AbortSignal.timeout(Math.min(timeoutMs, limits.rpc.maxTimeoutMs)),
      };
      let answer: Uint8Array;
      try {
        answer = await answerers.ask(asked);
        if (answer.length > limits.bus.payloadBytes) {
          log.error({ subject, bytes: answer.length }, "an answer is too large for the bus");
          throw new Failure(Reason.INTERNAL);
        }
      } catch (error) {
        return respond(request, encodeFailure(error as Failure), { [failureHeader]: "1" });
      }
      respond(request, answer, undefined);
    },

    giveUp() {
      for (const end of [...waiting]) end(nobodyAnswers());
    },
  };
}
