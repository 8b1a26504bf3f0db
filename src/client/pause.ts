import type { Network } from "./network.ts";
import type { Timers } from "./timers.ts";

/** Waits. Ends early, and says so, when the network wakes or the signal aborts. */
export function pause(
  ms: number,
  { timers, network, signal }: { timers: Timers; network: Network; signal: AbortSignal },
): Promise<"elapsed" | "woken" | "stopped"> {
  return new Promise((resolve) => {
    const finish = (how: "elapsed" | "woken" | "stopped") => {
      cancel();
      sleep();
      signal.removeEventListener("abort", stop);
      resolve(how);
    };
    const stop = () => finish("stopped");
    const cancel = timers.after(ms, () => finish("elapsed"));
    const sleep = network.onWake(() => finish("woken"));
    signal.addEventListener("abort", stop);
    if (signal.aborted) stop();
  });
}
