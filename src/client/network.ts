/** What the machine knows of its network. It may be wrong in both directions: a hint for waiting and wording, never a verdict. */
export interface Network {
  /** False when the machine believes that it has no network at all. */
  isOnline(): boolean;
  /**
   * Calls when trying again promises more than before: `online` when the network is back or another one,
   * `visible` when somebody looks again, after which frozen timers run late. Returns how to stop.
   */
  onWake(listener: (cause: "online" | "visible") => void): () => void;
}

/** For where nobody says: a server, a test, a command. */
export const steadyNetwork: Network = {
  isOnline: () => true,
  onWake: () => () => {},
};
