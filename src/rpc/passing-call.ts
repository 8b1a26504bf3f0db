import type { DescMethod, Message } from "@bufbuild/protobuf";
import type { Validator } from "@bufbuild/protovalidate";
import { Code, ConnectError, type ContextValues, type HandlerContext } from "@connectrpc/connect";
import type { Principal } from "../platform/access/principal.ts";
import type { Failure } from "../platform/failure.ts";
import type { Log } from "../platform/log.ts";
import type { Span, Tracing } from "../platform/telemetry/tracing.ts";
import type { CallReports } from "./call-reports.ts";
import { endCallSpan, startCallSpan } from "./call-span.ts";
import type { Deadlines, TimedCall } from "./deadline.ts";
import { toStatus } from "./errors.ts";
import { principalKey } from "./principal.ts";
import { requestIdKey } from "./request-id.ts";
import type { StillAdmitted } from "./still-admitted.ts";
import type { GuardedStream, StreamGuard } from "./stream-guard.ts";
import { type Timeout, timeoutKey } from "./timeout.ts";
import { validate } from "./validate.ts";

/** What surrounds the handlers of all calls. */
export interface Surroundings {
  readonly log: Log;
  readonly reports: CallReports;
  readonly tracing: Tracing | undefined;
  readonly deadlines: Deadlines;
  readonly stillAdmitted: StillAdmitted;
  readonly streams: StreamGuard;
  readonly validator: Validator;
}

export type CallFacts = Pick<HandlerContext, "method" | "values">;

/** Tells how a call went: with a status, or with what the handler answered. */
export type Answered = (error: ConnectError | undefined, answer: unknown) => void;

/** An answer that is a stream and has been handed out: it can be ended before it ends. */
export interface BegunAnswer {
  breakOff(status: ConnectError): void;
}

const clientLeft = new ConnectError("the client left", Code.Canceled);

/**
 * One call from its gate to its end, with all that surrounds the handler: one object, where interceptors would make a
 * closure and a promise each. A handler that answers at once needs no promise at all.
 */
export class PassingCall implements TimedCall, GuardedStream {
  readonly startedAt: number = performance.now();
  readonly streaming: boolean;
  readonly principal: Principal | undefined;
  timer: NodeJS.Timeout | undefined;
  readonly #around: Surroundings;
  readonly #method: DescMethod;
  readonly #values: ContextValues;
  readonly #timeout: Timeout;
  readonly #span: Span | undefined;
  #answered: Answered = () => undefined;
  #isOver = false;
  #begun: BegunAnswer | undefined;

  constructor(around: Surroundings, { method, values }: CallFacts, streaming: boolean) {
    this.#around = around;
    this.#method = method;
    this.#values = values;
    this.#timeout = values.get(timeoutKey);
    this.streaming = streaming;
    this.principal = values.get(principalKey);
    around.reports.began(values, method);
    this.#span = around.tracing === undefined ? undefined : startCallSpan(around.tracing, method, values);
  }

  get givenMs(): number | undefined {
    return this.#timeout.ms;
  }

  /**
   * Asks the handler, and calls back once: when it has answered or failed, or when the time is up. `request` is held to
   * its rules before that; a stream of requests is not given here.
   */
  run(handler: () => unknown, request: Message | undefined, answered: Answered): void {
    const { deadlines, stillAdmitted, streams, tracing, validator } = this.#around;
    this.#answered = answered;
    try {
      deadlines.begin(this);
      if (this.principal !== undefined) stillAdmitted(this.principal);
      if (this.streaming) streams.enter(this);
      if (request !== undefined) validate(validator, this.#method.input, request);
      const answer = this.#span === undefined ? handler() : (tracing as Tracing).within(this.#span, handler);
      if (!isPromise(answer)) return this.#answer(answer);
      answer.then(
        (late) => this.#answer(late),
        (error: unknown) => this.#fail(error),
      );
    } catch (error) {
      this.#fail(error);
    }
  }

  /** From here on whoever hands out the stream ends the call: with `end`. */
  answeredBy(answer: BegunAnswer): void {
    this.#begun = answer;
  }

  /** For who reads the stream that the handler answered with: in time, and with errors as the caller is to see them. */
  surround<Shape>(stream: AsyncIterable<Shape>): AsyncIterable<Shape> {
    return { [Symbol.asyncIterator]: () => this.#surrounded(stream[Symbol.asyncIterator]()) };
  }

  giveUp(late: Error): void {
    this.#timeout.abort(late);
    if (this.#begun === undefined) this.#fail(late);
    else this.#begun.breakOff(this.end(late) as ConnectError);
  }

  cutOff(failure: Failure): void {
    this.#timeout.abort(failure);
  }

  /** The exchange is over: so is a stream, whoever ended it. */
  close(): void {
    if (this.streaming) this.end(clientLeft);
  }

  /** For streams whose end nobody can tell for sure. */
  unguard(): void {
    this.#around.streams.leave(this);
  }

  /**
   * Ends the call and reports it, once: a stream when its last message is out, as one that fails halfway would otherwise
   * read as a success. Returns what the caller is to be told.
   */
  end(error: unknown): ConnectError | undefined {
    const { log, reports, deadlines, streams } = this.#around;
    const status = error === undefined ? undefined : toStatus(error, this.#values.get(requestIdKey), log);
    if (this.#isOver) return status;
    this.#isOver = true;
    deadlines.end(this);
    if (this.streaming) streams.leave(this);
    reports.ended(this.#values, this.#method, status, performance.now() - this.startedAt);
    if (this.#span !== undefined) endCallSpan(this.#span, status);
    return status;
  }

  #answer(answer: unknown): void {
    if (this.#isOver) return;
    if (!this.streaming) this.end(undefined);
    this.#answered(undefined, answer);
  }

  #fail(error: unknown): void {
    if (!this.#isOver) this.#answered(this.end(error), undefined);
  }

  #surrounded<Shape>(messages: AsyncIterator<Shape>): AsyncIterator<Shape> {
    let broken: ConnectError | undefined;
    let tellWaiting: (status: ConnectError) => void = () => undefined;
    this.answeredBy({
      breakOff(status) {
        broken = status;
        tellWaiting(status);
      },
    });
    return {
      next: () =>
        new Promise((resolve, reject) => {
          if (broken !== undefined) return reject(broken);
          tellWaiting = reject;
          messages.next().then(
            (result) => {
              if (result.done) this.end(undefined);
              resolve(result);
            },
            (error: unknown) => reject(this.end(error) as ConnectError),
          );
        }),
      return: (value) => {
        this.end(clientLeft);
        return messages.return?.(value) ?? Promise.resolve({ done: true, value });
      },
    };
  }
}

function isPromise(answer: unknown): answer is PromiseLike<unknown> {
  return typeof (answer as PromiseLike<unknown> | undefined)?.then === "function";
}
