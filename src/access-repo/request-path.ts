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
