/** Where NATS is, and who goes there. */
export interface NatsAddress {
  /** `host:port`, each a server of the same cluster. */
  readonly servers: readonly string[];
  readonly user: string | undefined;
  readonly password: string | undefined;
  readonly token: string | undefined;
  /** Whether the connection has to be encrypted; it is too when the server offers it. */
  readonly tls: boolean;
}

const defaultPort = "4222";

/**
 * Reads `nats://user:password@host:4222`, `nats://token@host` or `tls://…`, several with a comma between them. Throws a
 * TypeError when they do not go together: a connection that moves to another server stays who it is.
 */
export function readNatsAddress(urls: readonly string[]): NatsAddress {
  const parsed = urls.map((url) => new URL(url));
  const [first] = parsed;
  if (first === undefined) throw new TypeError("names no server");
  for (const each of parsed) {
    if (each.hostname === "") throw new TypeError("names a server without a host");
    if (each.protocol !== first.protocol) throw new TypeError("has to say nats:// or tls:// for all servers alike");
    if (each.username !== first.username || each.password !== first.password)
      throw new TypeError("has to have the same user and password, or token, for all servers");
  }
  const user = decodeURIComponent(first.username);
  const password = decodeURIComponent(first.password);
  return {
    servers: parsed.map(({ hostname, port }) => `${hostname}:${port === "" ? defaultPort : port}`),
    user: password === "" ? undefined : user,
    password: password === "" ? undefined : password,
    token: password === "" && user !== "" ? user : undefined,
    tls: first.protocol === "tls:",
  };
}
