import { type Client, createClient, type Interceptor, type Transport } from "@connectrpc/connect";
import { createConnectTransport, createGrpcTransport, createGrpcWebTransport } from "@connectrpc/connect-node";
import { AuthService } from "#gen/veza/auth/v1/auth_service_pb.ts";
import { ChatService } from "#gen/veza/chat/v1/chat_service_pb.ts";
import { StreamService } from "#gen/veza/stream/v1/stream_service_pb.ts";

export type Protocol = "grpc" | "grpc-web" | "connect";

export interface Clients {
  readonly auth: Client<typeof AuthService>;
  readonly chat: Client<typeof ChatService>;
  readonly stream: Client<typeof StreamService>;
}

/** Somebody with an account, signed in. */
export interface Person extends Clients {
  readonly id: string;
  readonly username: string;
  readonly password: string;
  readonly accessToken: string;
  readonly refreshToken: string;
}

export const password = "correct horse battery";

/** Clients of an app, for whoever holds the token, or for nobody. */
export function clientsOf(gateway: string, accessToken?: string, protocol: Protocol = "grpc"): Clients {
  const transport = transportTo(gateway, protocol, accessToken);
  return {
    auth: createClient(AuthService, transport),
    chat: createClient(ChatService, transport),
    stream: createClient(StreamService, transport),
  };
}

export function transportTo(baseUrl: string, protocol: Protocol, accessToken?: string): Transport {
  const bearer: Interceptor = (next) => (request) => {
    if (accessToken !== undefined) request.header.set("authorization", `Bearer ${accessToken}`);
    return next(request);
  };
  const options = { baseUrl, interceptors: [bearer] };
  if (protocol === "grpc") return createGrpcTransport(options);
  if (protocol === "grpc-web") return createGrpcWebTransport({ ...options, httpVersion: "1.1" });
  return createConnectTransport({ ...options, httpVersion: "2" });
}

/** Registers somebody and signs them in. The first one of an app is its administrator. */
export async function person(app: { gateway: string }, username: string, protocol: Protocol = "grpc"): Promise<Person> {
  const { auth } = clientsOf(app.gateway, undefined, protocol);
  const { user, tokens } = await auth.register({ username, email: `${username}@example.org`, password });
  if (user === undefined || tokens === undefined) throw new Error("Register answered without user or tokens");
  const { accessToken, refreshToken } = tokens;
  return {
    ...clientsOf(app.gateway, accessToken, protocol),
    id: user.id,
    username,
    password,
    accessToken,
    refreshToken,
  };
}
