import type { Code } from "./codes.ts";
import type { Advice } from "./suggest.ts";

/** Adds a finding at a path of the request file; `key` puts the finger on the name, not on what stands behind it. */
export type Report = (
  code: Code,
  where: readonly (string | number)[],
  message: string,
  advice?: string | (Advice & { readonly finger?: "key" }),
) => void;
