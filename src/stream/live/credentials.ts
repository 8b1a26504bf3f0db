/** The user and password of HTTP's basic authentication, or undefined when there are none. */
export function basicCredentials(authorization: string | undefined): { user: string; password: string } | undefined {
  const encoded = authorization === undefined ? undefined : /^Basic +([A-Za-z0-9+/=_-]+) *$/i.exec(authorization)?.[1];
  if (encoded === undefined) return undefined;
  const text = Buffer.from(encoded, "base64").toString("utf8");
  const colon = text.indexOf(":");
  return colon === -1 ? undefined : { user: text.slice(0, colon), password: text.slice(colon + 1) };
}

/** The key that a source of the Icecast protocol shows: it signs in as the user `source`. */
export function sourceKey(authorization: string | undefined): string | undefined {
  const credentials = basicCredentials(authorization);
  return credentials?.user === "source" ? credentials.password : undefined;
}

/** What a source without credentials is told; some ask without on purpose, to see what is wanted. */
export const askForKey = { "www-authenticate": 'Basic realm="Veza"' } as const;
