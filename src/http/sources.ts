import { BlockList, isIP } from "node:net";
import { Buckets } from "../base/buckets.ts";

/** One address may send so many at once and so many a second; many runners share the address of their network. */
const rate = { burst: 1000, perSecond: 100 };

/** Where a request came from. `limited`: false where we cannot tell senders apart, and must not shut all out for one. */
export interface Source {
  readonly address: string;
  readonly limited: boolean;
}

/** Tells senders apart and counts them. In memory: each replica counts for itself. */
export class Sources {
  readonly #trusted: BlockList;
  readonly #buckets = new Buckets(rate);

  readonly #now: () => number;

  /**
   * @param proxies addresses and CIDR ranges of TRUSTED_PROXIES, as checked by `isProxyRange`
   * @param now milliseconds of a clock that is never set back
   */
  constructor(proxies: readonly string[] = [], now = () => performance.now()) {
    this.#now = now;
    this.#trusted = proxies.length > 0 ? blockList(proxies) : blockList(["127.0.0.0/8", "::1"]);
    this.#named = proxies.length > 0;
  }
  /** Only whom the operator named is believed; without a name, a peer on this machine is some proxy that we know nothing of. */
  readonly #named: boolean;

  /**
   * The peer of the socket; where that is a trusted proxy, the last address of X-Forwarded-For that is not one. What stands
   * before it was written by the sender.
   */
  of(peer: string | undefined, forwardedFor: string | undefined): Source {
    const address = plain(peer ?? "");
    if (address === undefined) return { address: "unknown", limited: false };
    if (!this.#isTrusted(address)) return { address, limited: true };
    const hops = this.#named ? (forwardedFor ?? "").split(",").map((hop) => plain(hop.trim())) : [];
    for (const hop of hops.reverse()) {
      // A proxy writes addresses; anything else is somebody's invention, and so may be what stands before it.
      if (hop === undefined) break;
      if (!this.#isTrusted(hop)) return { address: hop, limited: true };
    }
    return { address, limited: false };
  }

  /** @returns seconds to wait, 0: go on */
  take({ address, limited }: Source): number {
    return limited ? this.#buckets.take(network(address), this.#now()) : 0;
  }

  #isTrusted(address: string): boolean {
    return this.#trusted.check(address, isIP(address) === 6 ? "ipv6" : "ipv4");
  }
}

/** An address, or a CIDR range such as 10.0.0.0/8. */
export function isProxyRange(text: string): boolean {
  const [address = "", prefix, ...more] = text.split("/");
  const family = isIP(address);
  if (family === 0 || more.length > 0) return false;
  return prefix === undefined || (/^(0|[1-9][0-9]{0,2})$/.test(prefix) && Number(prefix) <= (family === 4 ? 32 : 128));
}

function blockList(ranges: readonly string[]): BlockList {
  const list = new BlockList();
  for (const range of ranges) {
    const [address = "", prefix] = range.split("/");
    const family = isIP(address) === 6 ? "ipv6" : "ipv4";
    if (prefix === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(prefix), family);
  }
  return list;
}

/** Without port, brackets and zone; IPv4 as such also where the socket speaks IPv6. Undefined where it is no address. */
function plain(text: string): string | undefined {
  const bare = /^\[([^\]]*)\](?::\d+)?$/.exec(text)?.[1] ?? text.replace(/^(\d+\.\d+\.\d+\.\d+):\d+$/, "$1");
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(bare)?.[1] ?? bare.replace(/%.*$/, "");
  return isIP(mapped) === 0 ? undefined : mapped.toLowerCase();
}

/** One sender of IPv6 has a /64 of addresses at least (RFC 6177). */
function network(address: string): string {
  if (isIP(address) !== 6) return address;
  const [head = "", tail] = address.split("::");
  const left = head === "" ? [] : head.split(":");
  const right = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - left.length - right.length);
  const groups = [...left, ...Array.from({ length: zeros }, () => "0"), ...right];
  return groups
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ""))
    .join(":");
}
