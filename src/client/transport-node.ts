import type { Transport } from "@connectrpc/connect";
import {
  type ConnectTransportOptions,
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
  type GrpcTransportOptions,
  type GrpcWebTransportOptions,
} from "@connectrpc/connect-node";

/** `baseUrl` is any of Veza's ports. gRPC needs HTTP/2 for its trailers; the others go over either version. */
export type NodeTransport =
  | ({ readonly protocol: "grpc" } & GrpcTransportOptions)
  | ({ readonly protocol: "grpc-web" } & GrpcWebTransportOptions)
  | ({ readonly protocol: "connect" } & ConnectTransportOptions);

/** A transport over Node's own HTTP. */
export function createNodeTransport(options: NodeTransport): Transport {
  switch (options.protocol) {
    case "grpc":
      return createGrpcTransport(options);
    case "grpc-web":
      return createGrpcWebTransport(options);
    case "connect":
      return createConnectTransport(options);
  }
}
