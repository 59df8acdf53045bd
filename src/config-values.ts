import { createPrivateKey } from "node:crypto";

// Readers of single values, for config.ts. Each returns the value, or throws `Unusable` with what is wrong; never with the
// value itself, which may be a secret pasted into the wrong variable.

export class Unusable extends Error {}

/**
 * A value that prints as `[secret]` wherever it ends up: in a log, in JSON, in an error, in a copy of the configuration.
 * `reveal()` is the one way to it.
 */
export class Secret<T = string> {
  readonly #value: T;
  constructor(value: T) {
    this.#value = value;
  }
  reveal(): T {
    return this.#value;
  }
  toString(): string {
    return "[secret]";
  }
  toJSON(): string {
    return "[secret]";
  }
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return "[secret]";
  }
}

/** 127.0.0.0/8, ::1, localhost and names under it. */
export const isLoopback = (hostname: string): boolean =>
  /^127(\.\d{1,3}){3}$/.test(hostname) || hostname === "[::1]" || /(^|\.)localhost$/i.test(hostname);

export interface UrlRules {
  /** A path is part of the value (an issuer); otherwise only `https://host[:port]`. */
  readonly path: boolean;
  readonly port: boolean;
  /** Nothing but this machine. */
  readonly loopbackOnly?: boolean;
}

/** An https URL, or http on loopback, spelled as we compare it: no query, fragment, user, or slash at the end. */
export function url(text: string, rules: UrlRules): string {
  let parsed: URL;
  try {
    parsed = new URL(text);
  } catch {
    throw new Unusable("is not a URL");
  }
  const loopback = isLoopback(parsed.hostname);
  if (rules.loopbackOnly && !loopback) throw new Unusable("may point to this machine (loopback) only");
  if (parsed.protocol !== "https:" && !(parsed.protocol === "http:" && loopback))
    throw new Unusable("must begin with https:// (http:// works on loopback only)");
  if (parsed.username || parsed.password) throw new Unusable("must not hold a user or password");
  if (/[?#]/.test(text)) throw new Unusable("must not have a query or fragment");
  if (!rules.port && parsed.port && !loopback) throw new Unusable("must not have a port: AWS refuses issuers with one");
  const path = parsed.pathname === "/" ? "" : parsed.pathname;
  if (path && !rules.path) throw new Unusable("must have no path");
  // Compared byte for byte by clouds and jobs: a slash, capitals or a default port would be another name for the same.
  if (text !== `${parsed.origin}${path}`)
    throw new Unusable(`must be spelled ${parsed.origin}${path.replace(/\/+$/, "")}`);
  if (path.endsWith("/")) throw new Unusable("must not end in a slash");
  return text;
}

export function positiveInteger(text: string): number {
  const value = Number(text);
  if (!/^[1-9][0-9]*$/.test(text) || !Number.isSafeInteger(value))
    throw new Unusable("must be a positive whole number");
  return value;
}

export function port(text: string): number {
  const value = Number(text);
  if (!/^(0|[1-9][0-9]{0,4})$/.test(text) || value > 65_535) throw new Unusable("must be a port: 0 to 65535");
  return value;
}

/** A PEM file's text; also with `\n` for line breaks, or the whole in base64, as secret stores hand it on. @returns PKCS#8 PEM */
export function rsaPrivateKey(text: string): string {
  const plain = text.includes("-----BEGIN") ? text : Buffer.from(text, "base64").toString("utf8");
  const pem = plain.replaceAll("\\n", "\n").replaceAll("\r", "").trim();
  if (!pem.startsWith("-----BEGIN")) throw new Unusable("is neither PEM nor base64 of PEM");
  let key: ReturnType<typeof createPrivateKey>;
  try {
    key = createPrivateKey(pem);
  } catch {
    throw new Unusable("is not a complete, unencrypted private key");
  }
  if (key.asymmetricKeyType !== "rsa") throw new Unusable("is not an RSA key; GitHub Apps have RSA keys");
  return key.export({ type: "pkcs8", format: "pem" }).toString();
}

/** Defaults and placeholders of tools and tutorials; probot signs with "development" when nobody says otherwise. */
const knownSecrets =
  /^(development|your[-_ ]?webhook[-_ ]?secret|replace[-_ ]?me|change[-_ ]?me|secret|password|webhook[-_ ]?secret|test|example|default)+([-_ ]?here)?$/i;

export function webhookSecret(text: string): string {
  if (knownSecrets.test(text.trim())) throw new Unusable("is a known default or placeholder");
  if (text.length < 16) throw new Unusable("is shorter than 16 characters");
  if (new Set(text).size < 6) throw new Unusable("repeats the same few characters");
  return text;
}

/** 32 bytes in hex, base64 or base64url. */
export function key32(text: string): Uint8Array {
  const hex = /^[0-9a-f]{64}$/i.test(text);
  if (!hex && !/^[\w+/-]{43}=?$/.test(text)) throw new Unusable("must be 32 bytes in base64, base64url or hex");
  const bytes = Buffer.from(text, hex ? "hex" : "base64"); // Buffer reads base64url as base64
  if (bytes.length !== 32) throw new Unusable("must be 32 bytes");
  if (new Set(bytes).size < 8) throw new Unusable("is not random");
  return new Uint8Array(bytes);
}

export function oneOf<const T extends string>(text: string, values: readonly T[]): T {
  const found = values.find((value) => value === text);
  if (found === undefined) throw new Unusable(`must be one of ${values.join(", ")}`);
  return found;
}
