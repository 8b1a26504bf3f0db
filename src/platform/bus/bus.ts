/**
 * How parts, and processes of one part, tell each other that something happened. A message may be lost, doubled or
 * late: whoever needs to know for sure reads the store. The bus is the bell, not the letter.
 *
 * A subject is one or more names separated by dots, each of letters, digits, `-` and `_`, at most 200 characters in
 * all. What is no subject throws a TypeError: ids of strangers are checked before they become part of one.
 */
export interface Bus extends AsyncDisposable {
  /**
   * Tells everyone who listens to the subject: those in this process before it returns, those in others soon. Messages
   * of one process on one subject arrive in their order. Never waits and never fails: what cannot be sent because the
   * bus is cut off, or is larger than `limits.bus.payloadBytes`, is dropped for the other processes, and they hear of a
   * gap once it can be told. Headers are for what comes along without being part of it, such as a trace.
   */
  publish(subject: string, payload: Uint8Array, headers?: BusHeaders): void;
  /**
   * Listens to one subject, or with `chat.room.>` to all that begin with `chat.room.`. Listeners run one after the other
   * and must not throw. Bytes that are kept have to be copied.
   */
  subscribe(subject: string, listener: BusListener): Disposable;
  /**
   * Resolves once everything that was subscribed to before is heard from every process: who reads the store after that
   * misses nothing. Never rejects, nor takes longer than `limits.bus.probeMs`: without a connection that works a gap
   * will be told of.
   */
  listening(): Promise<void>;
  /**
   * Asks whoever answers the subject: in this process if somebody does, else one of those in others. Throws the Failure
   * that the answerer threw, UNAVAILABLE at once when nobody answers, DEADLINE_EXCEEDED after `timeoutMs`, and the
   * signal's reason when that is aborted. After the last two the work may have been done nevertheless.
   */
  request(subject: string, payload: Uint8Array, options: RequestOptions): Promise<Uint8Array>;
  /** Answers requests for a subject. Several that answer the same share its requests. */
  answer(subject: string, answerer: Answerer): Disposable;
  /**
   * Calls back when messages may have been missed: whoever follows something reads on from the store. Runs after the bus
   * has come back, so that what happens from then on is heard.
   */
  onGap(listener: () => void): Disposable;
  /** Whether other processes can be reached. Always so when there are none. */
  readonly isConnected: boolean;
  /** Takes a message to the bus and back. Rejects when that does not work within `limits.bus.probeMs`. */
  probe(): Promise<void>;
}

/** Whoever says something on it tells all the others that they may have missed messages. */
export const gapSubject = "bus.gap";

export type BusHeaders = Readonly<Record<string, string>>;

/** What comes with a message besides its payload. */
export interface Delivery {
  readonly subject: string;
  readonly headers: BusHeaders | undefined;
}

export type BusListener = (payload: Uint8Array, delivery: Delivery) => void;

export interface RequestOptions {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
  readonly headers?: BusHeaders;
}

/**
 * Answers one request, or throws a Failure that travels back as it is; anything else is logged and reads INTERNAL. The
 * signal is aborted when the time of the one who asks is up.
 */
export type Answerer = (
  payload: Uint8Array,
  request: Delivery & { readonly signal: AbortSignal },
) => Promise<Uint8Array>;

const subjectForm = /^[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*$/;
const longestSubject = 200;

/** Throws for what is no subject to speak on. */
export function requireSubject(subject: string): void {
  if (subject.length > longestSubject || !subjectForm.test(subject))
    throw new TypeError(`not a subject of the bus: ${JSON.stringify(subject)}`);
}

/** Throws for what is no subject to listen to. */
export function requirePattern(pattern: string): void {
  requireSubject(pattern.endsWith(".>") ? pattern.slice(0, -2) : pattern);
}
