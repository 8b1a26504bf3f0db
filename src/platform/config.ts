import { join } from "node:path";
import * as z from "zod/mini";
import { type NatsAddress, readNatsAddress } from "./bus/nats-address.ts";
import { type FilesPlace, readFilesUrl } from "./files/files-url.ts";
import { type OtlpConfig, readOtlpConfig } from "./telemetry/otlp-config.ts";

const port = z.coerce.number().check(z.int(), z.gte(0), z.lte(65535));
const part = z.enum(["gateway", "chat", "stream"]);
const switchable = z.enum(["on", "off"]);

const list = z.pipe(
  z.string(),
  z.transform((text) =>
    text
      .split(",")
      .map((item) => item.trim())
      .filter((item) => item !== ""),
  ),
);
const urls = (what: string, protocols: RegExp) =>
  z.pipe(list, z.array(z.url({ protocol: protocols, error: `has to be ${what}` })));

/** What a function makes of the text; what it throws is the mistake. */
const read = <Value>(from: (text: string) => Value) =>
  z.pipe(
    z.string(),
    z.transform((text, context) => {
      try {
        return from(text);
      } catch (error) {
        context.issues.push({ code: "custom", message: (error as Error).message, input: text });
        return z.NEVER;
      }
    }),
  );

/** The variables that Veza reads, each with its default; docs/running.md explains them. */
const schema = z.object({
  VEZA_HOST: z._default(z.string().check(z.minLength(1)), "127.0.0.1"),
  VEZA_HTTP_PORT: z._default(port, 8080),
  VEZA_CHAT_PORT: z._default(port, 50051),
  VEZA_STREAM_PORT: z._default(port, 50052),
  VEZA_SERVICES: z._default(z.pipe(list, z.array(part).check(z.minLength(1))), ["gateway", "chat", "stream"]),
  VEZA_DATA_DIR: z._default(z.string().check(z.minLength(1)), "./data"),
  VEZA_FILES_URL: z.optional(read(readFilesUrl)),
  VEZA_TLS_CERT: z.optional(z.string()),
  VEZA_TLS_KEY: z.optional(z.string()),
  VEZA_PUBLIC_URL: z.optional(z.url({ protocol: /^https?$/, error: "has to be an http:// or https:// address" })),
  VEZA_LOG_LEVEL: z._default(z.enum(["trace", "debug", "info", "warn", "error", "fatal", "silent"]), "info"),
  VEZA_LOG_FORMAT: z._default(z.enum(["auto", "json", "pretty"]), "auto"),
  VEZA_TRUSTED_PROXIES: z._default(
    z.pipe(
      list,
      z.array(
        z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()], {
          error: "has to be addresses, or ranges such as 10.0.0.0/8",
        }),
      ),
    ),
    [],
  ),
  VEZA_COUNTRY_HEADER: z._default(z.string().check(z.regex(/^[A-Za-z0-9-]+$/)), "cf-ipcountry"),
  VEZA_RATE_LIMIT: z._default(switchable, "on"),
  VEZA_ENV: z._default(z.enum(["development", "production"]), "development"),
  VEZA_AUTH_ISSUER: z.optional(z.url({ protocol: /^https?$/, error: "has to be an http:// or https:// address" })),
  VEZA_AUTH_JWKS_URL: z.optional(z.url({ protocol: /^https?$/, error: "has to be an http:// or https:// address" })),
  VEZA_DATABASE_URL: z.optional(z.url({ protocol: /^postgres(ql)?$/, error: "has to be a postgres:// address" })),
  VEZA_NATS_URL: z.optional(read(readNatsAddress)),
  VEZA_AUTH_URL: z._default(urls("http:// or https:// addresses", /^https?$/), []),
  VEZA_CLUSTER_SECRET: z.optional(z.string().check(z.minLength(32, "has to have at least 32 characters"))),
  VEZA_CHAT_URL: z._default(urls("http:// or https:// addresses", /^https?$/), []),
  VEZA_STREAM_URL: z._default(urls("http:// or https:// addresses", /^https?$/), []),
});

export type Part = z.infer<typeof part>;

/** A service that may run in another process. */
export type Neighbour = "auth" | "chat" | "stream";
export const neighbours: readonly Neighbour[] = ["auth", "chat", "stream"];

/** The part that a service runs in. */
export const partOf: Readonly<Record<Neighbour, Part>> = { auth: "gateway", chat: "chat", stream: "stream" };

export interface Config {
  readonly host: string;
  /** 0 picks a free one. */
  readonly ports: { readonly gateway: number; readonly chat: number; readonly stream: number };
  readonly parts: readonly Part[];
  /** Where the services are that do not run here, and that a part which does asks: one address or several of each. */
  readonly elsewhere: Readonly<Partial<Record<Neighbour, readonly string[]>>>;
  /** What processes of one cluster know each other by; undefined where they share a directory or a database. */
  readonly clusterSecret: string | undefined;
  readonly dataDir: string;
  /** Where PostgreSQL is; absent: a SQLite file in the data directory. */
  readonly databaseUrl: string | undefined;
  /** Where NATS is; absent: one process of each part. */
  readonly nats: NatsAddress | undefined;
  /** Where uploads and recordings are kept. */
  readonly files: FilesPlace;
  /** Paths of PEM files. */
  readonly tls: { readonly cert: string; readonly key: string } | undefined;
  readonly publicUrl: string | undefined;
  /** Addresses, or ranges of them, of proxies whose word about their callers is believed. */
  readonly trustedProxies: readonly string[];
  /** The header in which those proxies say which country a caller is in. */
  readonly countryHeader: string;
  readonly log: { readonly level: string; readonly format: "auto" | "json" | "pretty" };
  readonly rateLimit: boolean;
  readonly production: boolean;
  /** An issuer of tokens other than Veza itself. */
  readonly outsideIssuer: { readonly issuer: string; readonly jwksUrl: string } | undefined;
  /** Where traces and metrics are sent, as OpenTelemetry's own variables say; absent: nowhere. */
  readonly otlp: OtlpConfig | undefined;
}

export class ConfigError extends Error {
  readonly mistakes: readonly string[];
  constructor(mistakes: readonly string[]) {
    super(mistakes.join("\n"));
    this.mistakes = mistakes;
  }
}

/** Whom each part asks. Auth lives in the gateway. */
const asks: Readonly<Record<Part, readonly Neighbour[]>> = {
  gateway: ["chat", "stream"],
  chat: ["auth"],
  stream: ["auth", "chat"],
};
const urlOf = { auth: "VEZA_AUTH_URL", chat: "VEZA_CHAT_URL", stream: "VEZA_STREAM_URL" } as const;

/** Reads the configuration. Throws ConfigError with every mistake, so that one start shows them all. */
export function readConfig(environment: Readonly<Record<string, string | undefined>>): Config {
  const given = Object.fromEntries(
    Object.entries(environment).filter(
      ([name, value]) => name.startsWith("VEZA_") && value !== undefined && value !== "",
    ),
  );
  const mistakes: string[] = [];
  for (const name of Object.keys(given)) {
    if (!(name in schema.shape)) mistakes.push(`${name} is not a setting of Veza`);
  }
  const parsed = schema.safeParse(given);
  if (!parsed.success) {
    for (const issue of parsed.error.issues) mistakes.push(`${String(issue.path[0])}: ${issue.message}`);
  }
  for (const [one, other] of [
    ["VEZA_TLS_CERT", "VEZA_TLS_KEY"],
    ["VEZA_AUTH_ISSUER", "VEZA_AUTH_JWKS_URL"],
  ] as const) {
    if ((given[one] === undefined) !== (given[other] === undefined)) {
      mistakes.push(`${given[one] === undefined ? one : other} is missing: ${one} and ${other} go together`);
    }
  }
  const elsewhere = parsed.success ? readElsewhere(parsed.data, mistakes) : {};
  const ports = [given.VEZA_HTTP_PORT ?? "8080", given.VEZA_CHAT_PORT ?? "50051", given.VEZA_STREAM_PORT ?? "50052"];
  const fixed = ports.filter((each) => Number(each) !== 0);
  if (new Set(fixed).size !== fixed.length)
    mistakes.push("VEZA_HTTP_PORT, VEZA_CHAT_PORT and VEZA_STREAM_PORT have to differ");
  const otlp = readOtlpConfig(environment, mistakes);
  if (!parsed.success || mistakes.length > 0) throw new ConfigError(mistakes);

  const values = parsed.data;
  return {
    host: values.VEZA_HOST,
    ports: { gateway: values.VEZA_HTTP_PORT, chat: values.VEZA_CHAT_PORT, stream: values.VEZA_STREAM_PORT },
    parts: [...new Set(values.VEZA_SERVICES)],
    elsewhere,
    clusterSecret: values.VEZA_CLUSTER_SECRET,
    dataDir: values.VEZA_DATA_DIR,
    databaseUrl: values.VEZA_DATABASE_URL,
    nats: values.VEZA_NATS_URL,
    files: values.VEZA_FILES_URL ?? { directory: join(values.VEZA_DATA_DIR, "files") },
    tls:
      values.VEZA_TLS_CERT !== undefined && values.VEZA_TLS_KEY !== undefined
        ? { cert: values.VEZA_TLS_CERT, key: values.VEZA_TLS_KEY }
        : undefined,
    publicUrl: values.VEZA_PUBLIC_URL?.replace(/\/+$/, ""),
    trustedProxies: values.VEZA_TRUSTED_PROXIES,
    countryHeader: values.VEZA_COUNTRY_HEADER,
    log: { level: values.VEZA_LOG_LEVEL, format: values.VEZA_LOG_FORMAT },
    rateLimit: values.VEZA_RATE_LIMIT === "on",
    production: values.VEZA_ENV === "production",
    outsideIssuer:
      values.VEZA_AUTH_ISSUER !== undefined && values.VEZA_AUTH_JWKS_URL !== undefined
        ? { issuer: values.VEZA_AUTH_ISSUER, jwksUrl: values.VEZA_AUTH_JWKS_URL }
        : undefined,
    otlp,
  };
}

function readElsewhere(values: z.infer<typeof schema>, mistakes: string[]): Config["elsewhere"] {
  const here = values.VEZA_SERVICES;
  const elsewhere: Partial<Record<Neighbour, readonly string[]>> = {};
  for (const neighbour of neighbours) {
    if (here.includes(partOf[neighbour])) continue;
    const name = urlOf[neighbour];
    const asking = here.find((each) => asks[each].includes(neighbour));
    if (values[name].length > 1 && values.VEZA_NATS_URL === undefined) {
      mistakes.push(`VEZA_NATS_URL is missing: ${name} names several processes, which hear of each other over NATS`);
    }
    if (values[name].length > 0) elsewhere[neighbour] = values[name].map((address) => new URL(address).origin);
    else if (asking !== undefined) {
      mistakes.push(`${name} is missing: ${asking} asks ${neighbour}, and VEZA_SERVICES does not run it here`);
    }
  }
  return elsewhere;
}
