import type { Interceptor, Transport } from "@connectrpc/connect";
import { createGrpcWebTransport } from "@connectrpc/connect-web";

/** gRPC-Web over fetch, to where the page came from unless told otherwise. */
export function createWebTransport(interceptors: Interceptor[] = [], baseUrl: string = location.origin): Transport {
  let isLeaving = false;
  // Before whoever has something to say as the page goes.
  window.addEventListener("pagehide", () => (isLeaving = true), { capture: true });
  window.addEventListener("pageshow", () => (isLeaving = false), { capture: true });
  return createGrpcWebTransport({
    baseUrl,
    interceptors,
    // What is said last outlives the page.
    fetch: (input, init) => fetch(input, isLeaving ? { ...init, keepalive: true } : init),
  });
}
