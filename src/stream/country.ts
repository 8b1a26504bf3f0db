import type { TrustedProxies } from "../platform/access/trusted-proxies.ts";

/**
 * Where a call comes from, as two letters (ISO 3166-1); undefined when that is not known. `peerAddress` is the socket's
 * other end. Never guessed from the address itself.
 */
export type CountryOf = (headers: Pick<Headers, "get">, peerAddress: string) => string | undefined;

/** Nobody in front of the service says where calls come from. */
export const unknownCountry: CountryOf = () => undefined;

/** Believes a header, such as `CF-IPCountry`, of the proxies at these addresses, and of nobody else. */
export function countryFromHeader(needs: { header: string; proxies: TrustedProxies }): CountryOf {
  const { header, proxies } = needs;
  return (headers, peerAddress) => {
    if (!proxies.trusts(peerAddress)) return undefined;
    const country = headers.get(header)?.trim().toUpperCase();
    // XX and T1 are what proxies say for "unknown" and "Tor".
    return country !== undefined && /^[A-Z]{2}$/.test(country) && country !== "XX" ? country : undefined;
  };
}
