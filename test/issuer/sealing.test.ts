import { randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { sealer, type SealedFor } from "../../src/issuer/index.ts";

const master = randomBytes(32);
const seal = sealer(master);
const what: SealedFor = { kid: "key-1", purpose: "issuer" };
const secret = Buffer.from("-----PRIVATE-----");
const sealed = seal.seal(what, secret);
const flip = (text: string, at: number): string => {
  const c = text.at(at) === "A" ? "B" : "A";
  const i = at < 0 ? text.length + at : at;
  return text.slice(0, i) + c + text.slice(i + 1);
};
const failure = (run: () => unknown): Error & { code?: string } => {
  try {
    run();
  } catch (error) {
    return error as Error;
  }
  throw new Error("opened");
};

describe("a sealed key", () => {
  it("opens for the key id and purpose that it was sealed for", () => {
    expect(sealed).toMatch(/^v1\.[0-9a-f]{8}\.[A-Za-z0-9_-]{16}\.[A-Za-z0-9_-]+$/);
    expect(seal.open(what, sealed)).toEqual(secret);
    expect(sealer(Buffer.from(master)).open(what, sealed)).toEqual(secret);
  });

  it("has a fresh nonce each time, and shows neither the plaintext nor the master key", () => {
    expect(seal.seal(what, secret)).not.toBe(sealed);
    const bytes = Buffer.concat(
      sealed
        .split(".")
        .slice(1)
        .map((part, i) => Buffer.from(part, i === 0 ? "hex" : "base64url")),
    );
    expect(bytes.includes(secret)).toBe(false);
    expect(master.toString("hex")).not.toContain(sealed.split(".")[1]);
  });

  it.each<[string, () => unknown]>([
    ["another kid", () => seal.open({ ...what, kid: "key-2" }, sealed)],
    ["another purpose", () => seal.open({ ...what, purpose: "ledger" }, sealed)],
    ["a changed tag", () => seal.open(what, flip(sealed, -4))],
    ["a changed ciphertext", () => seal.open(what, flip(sealed, sealed.lastIndexOf(".") + 1))],
    ["a changed nonce", () => seal.open(what, flip(sealed, 13))],
    ["a cut off tag", () => seal.open(what, sealed.slice(0, -4))],
    ["another version", () => seal.open(what, sealed.replace("v1.", "v2."))],
    ["another master key", () => sealer(randomBytes(32)).open(what, sealed)],
    [
      "another master key under the same id",
      () => {
        const other = sealer(randomBytes(32));
        const id = other.seal(what, secret).split(".")[1] as string;
        return other.open(what, sealed.replace(/^v1\.[0-9a-f]{8}/, `v1.${id}`));
      },
    ],
    ["nothing", () => seal.open(what, "")],
  ])("does not open with %s, and the error names the two ways on and no secret", (_name, run) => {
    const error = failure(run);
    expect(error.code).toBe("sealing_key_wrong");
    expect(error.message).toMatch(/SEALING_KEY_OLD.*keys import/);
    const shown = JSON.stringify([error.message, error.cause ?? null]);
    for (const hidden of [master.toString("base64"), master.toString("hex"), sealed, secret.toString()]) {
      expect(shown).not.toContain(hidden);
    }
  });

  it("opens after the sealing key was rotated, with the old one at hand, and asks to be sealed again", () => {
    const rotated = sealer(randomBytes(32), master);
    expect(rotated.open(what, sealed)).toEqual(secret);
    expect(rotated.isCurrent(sealed)).toBe(false);
    expect(rotated.isCurrent(rotated.seal(what, secret))).toBe(true);
    expect(failure(() => seal.open(what, rotated.seal(what, secret))).code).toBe("sealing_key_wrong");
  });

  it("needs a master key of 32 bytes", () => {
    expect(failure(() => sealer(Buffer.alloc(31))).code).toBe("sealing_key_invalid");
    expect(failure(() => sealer(master, Buffer.alloc(16))).code).toBe("sealing_key_invalid");
  });
});
