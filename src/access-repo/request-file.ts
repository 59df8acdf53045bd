import { readFile } from "./read-file.ts";
import { type CheckedRequest, requestSchema } from "./request-schema.ts";
import type { Locate, ParsedRequest, RequestFile } from "./types.ts";

/**
 * Parses one request file as written; role defaults and everything that needs the policy come with `checkRequest`.
 * `path` is for messages only. Never throws. (DESIGN.md section 3)
 */
export function parseRequest(text: string | undefined, path: string): ParsedRequest {
  const read = readFile(text, path, requestSchema);
  if (!read.ok) return read;
  const at = atLongForm(read.value, read.at);
  return { ok: true, value: longForm(read.value), at, diagnostics: read.diagnostics };
}

type Short = Pick<CheckedRequest, "actions" | "resources">;

const shortForm = ({ actions, resources }: Short) =>
  actions !== undefined && resources !== undefined ? [{ actions, resources }] : undefined;

/** `actions` and `resources` at the top level become one statement of `allow`. */
export function longForm(request: Omit<CheckedRequest, "version">): RequestFile {
  const { actions, resources, allow, sets, ...rest } = request;
  const statements = allow ?? shortForm({ ...(actions && { actions }), ...(resources && { resources }) });
  return {
    ...rest,
    version: 1,
    ...(statements === undefined ? {} : { allow: statements }),
    sets: sets ?? [],
  };
}

/** Where the short form was written, statement 0 stands at the top level, and the whole of it at its actions. */
export const atLongForm =
  (request: Short, at: Locate): Locate =>
  (where, want) => {
    if (shortForm(request) === undefined || where[0] !== "allow") return at(where, want);
    return where.length > 2 ? at(where.slice(2), want) : at(["actions"], want);
  };
