import { createHash } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { AwsError } from "./types.ts";
import { xml, type Xml } from "./xml.ts";

export type Buckets = Map<string, Map<string, Buffer>>;

export interface S3Call {
  /** IAM's name of the permission, which for ListObjectsV2 is s3:ListBucket. */
  readonly permission: string;
  readonly operation: string;
  readonly resource: string;
  /** Called once permission is given. */
  readonly run: (buckets: Buckets, body: Buffer) => S3Answer;
}
export interface S3Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

const namespace = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"';
const document = (root: Xml): S3Answer => ({
  status: 200,
  headers: { "content-type": "application/xml" },
  body: `<?xml version="1.0" encoding="UTF-8"?>\n${xml(root)}`,
});

/** Path style (`/bucket/key`), or virtual-host style where the first label of Host precedes `.s3` or `.localhost`. */
function address(request: IncomingMessage): { bucket: string; key: string; query: URLSearchParams } {
  const url = new URL(request.url ?? "/", "http://double");
  const host = /^([a-z0-9.-]+?)\.(?:s3[.-]|localhost(?::|$))/.exec(request.headers.host ?? "")?.[1];
  const path = decodeURIComponent(url.pathname).slice(1);
  if (host !== undefined && host !== "s3") return { bucket: host, key: path, query: url.searchParams };
  const slash = path.indexOf("/");
  const bucket = slash < 0 ? path : path.slice(0, slash);
  return { bucket, key: slash < 0 ? "" : path.slice(slash + 1), query: url.searchParams };
}

/** Which call a request is. @throws AwsError for what this double does not know. */
export function s3Call(request: IncomingMessage): S3Call {
  const { bucket, key, query } = address(request);
  if (bucket === "") throw new AwsError(501, "NotImplemented", "The sandbox's S3 does not list buckets");
  const arn = `arn:aws:s3:::${bucket}`;
  const method = request.method ?? "";
  const unknown = new AwsError(
    501,
    "NotImplemented",
    `The sandbox's S3 does not know ${method} ${key ? "object" : "bucket"}`,
  );
  const call = (operation: string, run: S3Call["run"], permission = `s3:${operation}`): S3Call => ({
    operation,
    permission,
    resource: key ? `${arn}/${key}` : arn,
    run,
  });
  if (key === "") {
    if (method === "DELETE" && query.size === 0)
      return call("DeleteBucket", (buckets) => deleteBucket(buckets, bucket));
    if (method === "PUT" && query.size === 0) return call("CreateBucket", (buckets) => createBucket(buckets, bucket));
    if (method === "GET" && query.get("list-type") === "2") {
      return call("ListObjectsV2", (buckets) => list(buckets, bucket, query.get("prefix") ?? ""), "s3:ListBucket");
    }
    throw unknown;
  }
  // The SDKs add ?x-id=GetObject and the like.
  if (method === "GET") return call("GetObject", (buckets) => getObject(buckets, bucket, key));
  if (method === "PUT")
    return call("PutObject", (buckets, body) => putObject(buckets, bucket, key, decoded(request, body)));
  if (method === "DELETE") {
    return call("DeleteObject", (buckets) => {
      existing(buckets, bucket).delete(key);
      return { status: 204 };
    });
  }
  throw unknown;
}

function existing(buckets: Buckets, bucket: string): Map<string, Buffer> {
  const objects = buckets.get(bucket);
  if (!objects) throw new AwsError(404, "NoSuchBucket", "The specified bucket does not exist");
  return objects;
}

function createBucket(buckets: Buckets, bucket: string): S3Answer {
  if (buckets.has(bucket))
    throw new AwsError(
      409,
      "BucketAlreadyOwnedByYou",
      "Your previous request to create the named bucket succeeded and you already own it.",
    );
  buckets.set(bucket, new Map());
  return { status: 200, headers: { location: `/${bucket}` } };
}

function deleteBucket(buckets: Buckets, bucket: string): S3Answer {
  if (existing(buckets, bucket).size > 0)
    throw new AwsError(409, "BucketNotEmpty", "The bucket you tried to delete is not empty");
  buckets.delete(bucket);
  return { status: 204 };
}

function list(buckets: Buckets, bucket: string, prefix: string): S3Answer {
  const objects = [...existing(buckets, bucket)]
    .filter(([key]) => key.startsWith(prefix))
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return document({
    [`ListBucketResult ${namespace}`]: {
      Name: bucket,
      Prefix: prefix,
      KeyCount: String(objects.length),
      MaxKeys: "1000",
      IsTruncated: "false",
      Contents: objects.map(([key, data]) => ({
        Key: key,
        ETag: etag(data),
        Size: String(data.length),
        StorageClass: "STANDARD",
      })),
    },
  });
}

function getObject(buckets: Buckets, bucket: string, key: string): S3Answer {
  const body = existing(buckets, bucket).get(key);
  if (!body) throw new AwsError(404, "NoSuchKey", "The specified key does not exist.");
  return { status: 200, headers: { "content-type": "binary/octet-stream", etag: etag(body) }, body };
}

function putObject(buckets: Buckets, bucket: string, key: string, body: Buffer): S3Answer {
  existing(buckets, bucket).set(key, body);
  return { status: 200, headers: { etag: etag(body) } };
}

const etag = (data: Buffer) => `"${createHash("md5").update(data).digest("hex")}"`;

/** SDKs send streams as aws-chunked: `<hex size>[;signature]\r\n<data>\r\n`, a chunk of size 0, trailers. */
function decoded(request: IncomingMessage, body: Buffer): Buffer {
  if (!(request.headers["content-encoding"] ?? "").includes("aws-chunked")) return body;
  const parts: Buffer[] = [];
  for (let at = 0; ; ) {
    const end = body.indexOf("\r\n", at);
    const size = Number.parseInt(body.toString("latin1", at, end), 16);
    if (end < 0 || !(size > 0)) return Buffer.concat(parts);
    parts.push(body.subarray(end + 2, end + 2 + size));
    at = end + 2 + size + 2;
  }
}

export const s3Error = ({ code, message }: AwsError, requestId: string, resource: string): string =>
  `<?xml version="1.0" encoding="UTF-8"?>\n${xml({ Error: { Code: code, Message: message, Resource: resource, RequestId: requestId } })}`;
