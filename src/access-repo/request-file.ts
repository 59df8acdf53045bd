import { readFile } from "./read-file.ts";
import { requestSchema } from "./request-schema.ts";
import type { Locate, ParsedRequest, RequestFile } from "./types.ts";

/**
 * Parses one request file as written; role defaults and everything that needs the policy come with `checkRequest`.
 * `path` is for messages only. Never throws. (DESIGN.md section 3)
 */
export function parseRequest(text: string | undefined, path: string): ParsedRequest {
  const read = readFile(text, path, requestSchema);
  if (!read.ok) return read;
  const { actions, resources, allow, sets, ...rest } = read.value;
  const short = actions !== undefined && resources !== undefined ? [{ actions, resources }] : undefined;
  const statements = allow ?? short;
  const value: RequestFile = {
    ...rest,
    ...(statements === undefined ? {} : { allow: statements }),
    sets: sets ?? [],
  };
  // Where the short form was written, statement 0 stands at the top level.
  const at: Locate = (where, want) =>
    short !== undefined && where[0] === "allow" && where.length > 2
      ? read.at(where.slice(2), want)
      : read.at(where, want);
  return { ok: true, value, at, diagnostics: read.diagnostics };
}
