/**
 * How parts tell each other that something happened. A message may be lost, doubled or late: whoever needs to know for
 * sure reads the store. The bus is the bell, not the letter.
 */
export interface Bus extends AsyncDisposable {
  /** Tells everyone who listens to the subject, in this process and in others. Never waits, never throws. */
  publish(subject: string, payload: Uint8Array): void;
  /** Listens to one subject. Listeners run one after the other and must not throw. */
  subscribe(subject: string, listener: (payload: Uint8Array) => void): Disposable;
}
