import { limits } from "../platform/limits.ts";
import type { Exchange } from "./exchange.ts";

/** Cuts an exchange off whose reader does not take the rest of its response. Returns how to call that off. */
export function cutStalled(exchange: Exchange): () => void {
  const timer = setTimeout(() => exchange.reset(), limits.port.stalledReaderMs).unref();
  const stop = (): void => clearTimeout(timer);
  exchange.onClose(stop);
  return stop;
}
