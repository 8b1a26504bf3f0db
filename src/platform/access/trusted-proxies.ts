import { BlockList, isIP } from "node:net";

/** The proxies whose word about their callers is believed. */
export interface TrustedProxies {
  /** Whether this is the address of one of them. */
  trusts(address: string): boolean;
  /**
   * Where a request comes from: the socket's other end, or, when that is a trusted proxy, the last address in
   * `X-Forwarded-For` that is none of them. What stands before that one anybody may have written.
   */
  clientAddress(socketAddress: string, forwardedFor: string | undefined): string;
}

/** `proxies` are addresses, or ranges such as `10.0.0.0/8`. */
export function createTrustedProxies(proxies: readonly string[]): TrustedProxies {
  if (proxies.length === 0) return { trusts: () => false, clientAddress: plainAddress };
  const trusted = new BlockList();
  for (const proxy of proxies) {
    const [address = "", bits] = proxy.split("/");
    const family = isIP(address) === 6 ? "ipv6" : "ipv4";
    if (bits === undefined) trusted.addAddress(address, family);
    else trusted.addSubnet(address, Number(bits), family);
  }
  const trusts = (address: string) => {
    const family = isIP(address);
    return family !== 0 && trusted.check(address, family === 6 ? "ipv6" : "ipv4");
  };
  return {
    trusts: (address) => trusts(plainAddress(address)),
    clientAddress(socketAddress, forwardedFor) {
      let client = plainAddress(socketAddress);
      if (forwardedFor === undefined) return client;
      const hops = forwardedFor.split(",");
      while (trusts(client)) {
        const hop = plainAddress(hops.pop()?.trim() ?? "");
        if (isIP(hop) === 0) break;
        client = hop;
      }
      return client;
    },
  };
}

/** An IPv4 address may be written as an IPv6 one. */
function plainAddress(address: string): string {
  return address.startsWith("::ffff:") ? address.slice("::ffff:".length) : address;
}
