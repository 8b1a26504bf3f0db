import { type ContextKey, createContextKey } from "@connectrpc/connect";

/** What the caller speaks, in the words of OpenTelemetry. gRPC-Web is gRPC. */
export type RpcSystem = "grpc" | "connectrpc";

export const rpcSystemKey: ContextKey<RpcSystem> = createContextKey<RpcSystem>("grpc", { description: "rpc system" });
