import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { AwsError } from "./types.ts";

export interface Signature {
  readonly accessKeyId: string;
  readonly date: string;
  readonly region: string;
  readonly service: string;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
}

const sha256 = (data: string | Buffer) => createHash("sha256").update(data).digest("hex");
const hmac = (key: string | Buffer, data: string) => createHmac("sha256", key).update(data).digest();

/** The Authorization header of SigV4; undefined where the request has none. Query signatures are not known here. */
export function parseSignature(header: string | undefined): Signature | undefined {
  const parts =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/([0-9]{8})\/([^/]+)\/([^/]+)\/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/.exec(
      header ?? "",
    );
  if (!parts) return undefined;
  const [, accessKeyId = "", date = "", region = "", service = "", signedHeaders = "", signature = ""] = parts;
  return { accessKeyId, date, region, service, signedHeaders: signedHeaders.split(";"), signature };
}

/**
 * Verifies the signature of a request whose path needs no second encoding (all of S3, and `/` of STS).
 * Source: IAM User Guide, "Create a signed AWS API request". Not checked: that x-amz-date is recent, since the sandbox's
 * clock is not the SDK's.
 */
export function verifySignature(
  request: IncomingMessage,
  body: Buffer,
  signature: Signature,
  { secretAccessKey: secret, sessionToken }: { readonly secretAccessKey: string; readonly sessionToken: unknown },
): void {
  const [path = "/", query = ""] = (request.url ?? "/").split("?");
  const claimed = request.headers["x-amz-content-sha256"];
  const payload = typeof claimed === "string" ? claimed : sha256(body);
  if (/^[0-9a-f]{64}$/.test(payload) && payload !== sha256(body)) {
    throw new AwsError(
      400,
      "XAmzContentSHA256Mismatch",
      "The provided 'x-amz-content-sha256' header does not match what was computed.",
    );
  }
  for (const needed of ["host", "x-amz-date", ...(sessionToken === undefined ? [] : ["x-amz-security-token"])]) {
    if (!signature.signedHeaders.includes(needed)) throw mismatch();
  }
  const canonical = [
    request.method ?? "",
    path,
    sortedQuery(query),
    ...signature.signedHeaders.map(
      (name) =>
        `${name}:${String(request.headers[name] ?? "")
          .trim()
          .replace(/ +/g, " ")}`,
    ),
    "",
    signature.signedHeaders.join(";"),
    payload,
  ].join("\n");
  const scope = `${signature.date}/${signature.region}/${signature.service}/aws4_request`;
  const text = ["AWS4-HMAC-SHA256", String(request.headers["x-amz-date"]), scope, sha256(canonical)].join("\n");
  const key = [signature.region, signature.service, "aws4_request"].reduce(hmac, hmac(`AWS4${secret}`, signature.date));
  if (!timingSafeEqual(hmac(key, text), Buffer.from(signature.signature, "hex"))) throw mismatch();
}

const mismatch = () =>
  new AwsError(
    403,
    "SignatureDoesNotMatch",
    "The request signature we calculated does not match the signature you provided.",
  );

/** By name, then by value: sorting whole pairs would put `a-b=` before `a=`. */
function sortedQuery(query: string): string {
  const pairs = query
    .split("&")
    .filter(Boolean)
    .map((pair) => pair.split("=", 2));
  const order = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
  pairs.sort(([a = "", x = ""], [b = "", y = ""]) => order(a, b) || order(x, y));
  return pairs.map(([name, value = ""]) => `${name}=${value}`).join("&");
}
