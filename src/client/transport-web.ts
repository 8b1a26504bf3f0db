import type { Interceptor, Transport } from "@connectrpc/connect";
import { createGrpcWebTransport } from "@connectrpc/connect-web";

/** gRPC-Web over fetch, to where the page came from unless told otherwise. */
export function createWebTransport(interceptors: Interceptor[] = [], baseUrl: string = location.origin): Transport {
  return createGrpcWebTransport({ baseUrl, interceptors });
}
