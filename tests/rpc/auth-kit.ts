import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createValidator } from "@bufbuild/protovalidate";
import { type Client, ConnectError, createClient, createRouterTransport } from "@connectrpc/connect";
import { onTestFinished } from "vitest";
import { ErrorInfoSchema } from "#gen/google/rpc/error_details_pb.ts";
import { AuthService } from "#gen/veza/auth/v1/auth_service_pb.ts";
import type { Tokens } from "#gen/veza/auth/v1/session_pb.ts";
import type { UserInfo } from "#gen/veza/auth/v1/user_pb.ts";
import { createFileSecrets } from "#src/platform/secrets/file-secrets.ts";
import { createMetrics } from "#src/platform/telemetry/metrics.ts";
import { createCallReports } from "#src/rpc/call-reports.ts";
import { type Auth, createAuth } from "../../src/auth/index.ts";
import { followRevocations } from "../../src/platform/access/followed-revocations.ts";
import { createRevocations } from "../../src/platform/access/revocations.ts";
import { createTrustedProxies } from "../../src/platform/access/trusted-proxies.ts";
import { createLocalBus } from "../../src/platform/bus/local-bus.ts";
import { readConfig } from "../../src/platform/config.ts";
import { createLocalFiles } from "../../src/platform/files/local-files.ts";
import { createLog } from "../../src/platform/log.ts";
import type { PermissionPeers } from "../../src/platform/peers/peers.ts";
import type { Platform } from "../../src/platform/platform.ts";
import { createChain } from "../../src/rpc/chain.ts";
import { toStatus } from "../../src/rpc/errors.ts";
import { createGate } from "../../src/rpc/gate.ts";
import { unlimited } from "../../src/rpc/rate-limit.ts";
import { dropDatabaseOf, openDatabase } from "../kit/databases.ts";

export type AuthClient = Client<typeof AuthService>;

/** A clock that stands still until it is moved. */
export interface HandClock {
  now(): number;
  advance(ms: number): void;
}

export function handClock(start = Date.UTC(2026, 0, 15, 12)): HandClock {
  let at = start;
  return {
    now: () => at,
    advance(ms) {
      at += ms;
    },
  };
}

/** Auth on a database and keys of its own, called as the network would call it. */
export interface AuthHouse {
  readonly auth: Auth;
  readonly platform: Platform;
  readonly clock: HandClock;
  readonly dataDir: string;
  /** What was logged so far, one JSON line each. */
  readonly logLines: readonly string[];
  /** Calls with an access token, or as a stranger. */
  as(accessToken?: string, userAgent?: string): AuthClient;
  /** The same data, opened anew. */
  restart(): Promise<AuthHouse>;
}

export interface HouseOptions {
  readonly clock?: HandClock;
  readonly dataDir?: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly peers?: PermissionPeers;
}

const nobodyAsks = async () => {
  throw new Error("this test asks no other service");
};

export async function openHouse(options: HouseOptions = {}): Promise<AuthHouse> {
  const clock = options.clock ?? handClock();
  const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), "veza-auth-")));
  const logLines: string[] = [];
  const log = createLog({
    level: "info",
    format: "json",
    destination: { write: (line: string) => void logLines.push(line) },
  });
  const bus = createLocalBus({ log });
  const platform: Platform = {
    config: readConfig({ VEZA_DATA_DIR: dataDir, VEZA_RATE_LIMIT: "off", ...options.environment }),
    log,
    metrics: createMetrics(),
    tracing: undefined,
    clock,
    bus,
    isShared: false,
    database: await openDatabase(dataDir),
    files: createLocalFiles(join(dataDir, "files")),
    revocations: createRevocations({ bus, clock }),
    proxies: createTrustedProxies([]),
    secrets: createFileSecrets(join(dataDir, "keys")),
  };
  const peers = options.peers ?? {
    chat: { roomPermissions: nobodyAsks },
    stream: { streamPermissions: nobodyAsks },
  };
  const auth = await createAuth({ platform, peers: () => peers });
  const following = await followRevocations({ ...platform, revokedSince: auth.peer.revokedSince });

  let isOpen = true;
  async function close(): Promise<void> {
    if (!isOpen) return;
    isOpen = false;
    await following[Symbol.asyncDispose]();
    await auth[Symbol.asyncDispose]();
    await platform.database[Symbol.asyncDispose]();
  }
  onTestFinished(async () => {
    await close();
    await dropDatabaseOf(dataDir);
    await rm(dataDir, { recursive: true, force: true });
  });

  const reports = createCallReports({ log: createLog({ level: "silent", format: "json" }), metrics: createMetrics() });
  const chain = createChain({ ...platform, reports, validator: createValidator() });
  const gate = createGate({ verifier: auth.verifier, publicServices: new Set(), rateLimit: unlimited, reports });
  const transportWith = (headers: Readonly<Record<string, string>>) =>
    createRouterTransport(({ service }) => service(AuthService, auth.routes.implementation as never), {
      router: {
        interceptors: [chain.interceptor],
        async requestGate({ method, values, requestHeader }) {
          try {
            await gate({ method, values, authorization: requestHeader.get("authorization") ?? undefined });
          } catch (error) {
            throw toStatus(error, "", log);
          }
        },
      },
      transport: {
        interceptors: [
          (next) => (request) => {
            for (const [name, value] of Object.entries(headers)) request.header.set(name, value);
            return next(request);
          },
        ],
      },
    });

  return {
    auth,
    platform,
    clock,
    dataDir,
    logLines,
    as: (accessToken, userAgent = "vitest") =>
      createClient(
        AuthService,
        transportWith({
          "user-agent": userAgent,
          ...(accessToken !== undefined && { authorization: `Bearer ${accessToken}` }),
        }),
      ),
    async restart() {
      await close();
      return openHouse({ ...options, clock, dataDir });
    },
  };
}

export const password = "correct horse battery";

/** Someone with an account, signed in. */
export interface Member {
  readonly user: UserInfo;
  readonly tokens: Tokens;
  readonly calls: AuthClient;
}

export async function register(house: AuthHouse, username: string): Promise<Member> {
  const { user, tokens } = await house.as().register({ username, email: `${username}@example.org`, password });
  if (user === undefined || tokens === undefined) throw new Error("a registration answers both");
  return { user, tokens, calls: house.as(tokens.accessToken) };
}

export async function login(house: AuthHouse, name: string, secret = password): Promise<Member> {
  const { user, tokens } = await house.as().login({ login: name, password: secret });
  if (user === undefined || tokens === undefined) throw new Error("a sign-in answers both");
  return { user, tokens, calls: house.as(tokens.accessToken) };
}

export async function refresh(house: AuthHouse, refreshToken: string): Promise<Tokens> {
  const { tokens } = await house.as().refreshToken({ refreshToken });
  if (tokens === undefined) throw new Error("a refresh answers tokens");
  return tokens;
}

/** Why a call failed, as its ErrorInfo says; "ok" when it did not. */
export async function reasonOf(call: Promise<unknown>): Promise<string> {
  try {
    await call;
    return "ok";
  } catch (error) {
    if (!(error instanceof ConnectError)) throw error;
    return error.findDetails(ErrorInfoSchema)[0]?.reason ?? `no reason: ${error.message}`;
  }
}
