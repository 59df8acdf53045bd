import { digestOf } from "../base/canonical-json.ts";
import type { Digest } from "../base/ids.ts";

/**
 * One digest over all plans of a pull request, by path: what a reader could see when it was posted. Another file, path or
 * plan gives another digest, and approvals are asked for again (C68).
 */
export function decidePlanHash(plans: ReadonlyMap<string, { readonly hash: Digest }>): Digest {
  const pairs = [...plans].map(([path, plan]) => [path, plan.hash] as const);
  return digestOf(pairs.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
}
