import { generateKeyPair } from "node:crypto";
import { promisify } from "node:util";

interface KeyPair {
  /** PKCS #1, as GitHub gives it to the owner of an App. */
  readonly privateKey: string;
  /** SPKI. */
  readonly publicKey: string;
}
const pairs = new Map<string, Promise<KeyPair>>();
const generate = promisify(generateKeyPair);

/**
 * RSA-2048, PEM, the same for one name in every local GitHub of this process: to make one takes a tenth of a second of CPU,
 * and a local GitHub with two Apps has three.
 */
export function keyPair(name: string): Promise<KeyPair> {
  const pair =
    pairs.get(name) ??
    generate("rsa", {
      modulusLength: 2048,
      privateKeyEncoding: { type: "pkcs1", format: "pem" },
      publicKeyEncoding: { type: "spki", format: "pem" },
    });
  pairs.set(name, pair);
  return pair;
}
