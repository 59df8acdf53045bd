import { nameSource } from "./names.ts";
import type { RequestPath } from "./types.ts";

const shape = new RegExp(`^requests/(${nameSource})/(?:(20[0-9]{2}-(?:0[1-9]|1[0-2]))/)?(${nameSource})\\.yml$`);

/** `requests/<target>/[<YYYY-MM>/]<name>.yml`; undefined for any other path (DESIGN.md section 3). */
export function parseRequestPath(path: string): RequestPath | undefined {
  const match = path.length <= 200 ? shape.exec(path) : null;
  const [, target, month, name] = match ?? [];
  if (target === undefined || name === undefined) return undefined;
  return { path, target, name, ...(month === undefined ? {} : { month }) };
}

/** The path that was probably meant by one that is none, in plain characters; undefined where it cannot be told. */
export function likelyRequestPath(path: string): string | undefined {
  if (path.length > 200) return undefined;
  const parts = path
    .replace(/\.ya?ml$/i, "")
    .split("/")
    .slice(1);
  const plain = parts.map((part) =>
    part
      .normalize("NFKD")
      .replace(/\p{M}/gu, "")
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, "-")
      .replace(/^-|-$/g, "")
      .replace(/^(20[0-9]{2})-?([0-9]{2})$/, "$1-$2"),
  );
  const likely = `requests/${plain.join("/")}.yml`;
  return likely !== path && parseRequestPath(likely) ? likely : undefined;
}
