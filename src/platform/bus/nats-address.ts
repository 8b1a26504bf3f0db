/** Where NATS is, and who goes there. */
export interface NatsAddress {
  /** `host:port`, each a server of the same cluster; at least one. */
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
 * TypeError for what is none of these, and when they do not go together: a connection that moves to another server stays
 * who it is.
 */
export function readNatsAddress(text: string): NatsAddress {
  const [first, ...others] = text.split(",").map(serverOf) as [URL, ...URL[]];
  for (const each of others) {
    if (each.protocol !== first.protocol) throw new TypeError("has to say nats:// or tls:// for all servers alike");
    if (each.username !== first.username || each.password !== first.password)
      throw new TypeError("has to have the same user and password, or token, for all servers");
  }
  const user = decodeURIComponent(first.username);
  const password = decodeURIComponent(first.password);
  const isToken = user !== "" && password === "";
  return {
    servers: [first, ...others].map(({ hostname, port }) => `${hostname}:${port === "" ? defaultPort : port}`),
    user: isToken || user === "" ? undefined : user,
    password: password === "" ? undefined : password,
    token: isToken ? user : undefined,
    tls: first.protocol === "tls:",
  };
}

function serverOf(text: string): URL {
  const url = URL.parse(text.trim());
  if (url === null || !/^(nats|tls):$/.test(url.protocol) || url.hostname === "")
    throw new TypeError("has to be nats:// or tls:// addresses");
  return url;
}
