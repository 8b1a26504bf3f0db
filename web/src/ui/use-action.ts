import { useState } from "preact/hooks";
import { complain } from "./toasts.ts";

/** Something that takes a while: says whether it is under way, and complains when it fails. One at a time. */
export function useAction<Args extends unknown[]>(
  work: (...args: Args) => Promise<void>,
): [run: (...args: Args) => Promise<void>, isBusy: boolean] {
  const [isBusy, setBusy] = useState(false);
  async function run(...args: Args): Promise<void> {
    if (isBusy) return;
    setBusy(true);
    try {
      await work(...args);
    } catch (thrown) {
      complain(thrown);
    } finally {
      setBusy(false);
    }
  }
  return [run, isBusy];
}
