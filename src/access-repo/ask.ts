import { fileStart, finding } from "./diagnostics.ts";
import { readFile } from "./read-file.ts";
import { longForm } from "./request-file.ts";
import { askSchema } from "./request-schema.ts";
import type { Parsed, RequestFile } from "./types.ts";

/** What a job asks for: a request file's fields, and where the file belongs. */
export interface Ask {
  readonly target: string;
  /** `owner/name`, where the target's name alone is ambiguous. */
  readonly accessRepo?: string;
  readonly request: RequestFile;
}

/** Where findings about a body stand. */
const bodyName = "body";
const hint = "Send one JSON object: target, role, reason and the other fields of a request file.";

/**
 * Parses the JSON body of `POST /requests` by the rules of request files (DESIGN.md section 6): JSON is YAML, so the one strict
 * parser reads it. Never throws.
 */
export function parseAsk(body: string): Parsed<Ask> {
  const text = normalJson(body);
  if (text === undefined)
    return {
      ok: false,
      diagnostics: [finding("CS1004", bodyName, fileStart, "The body is not a JSON object.", { hint })],
    };
  const read = readFile(text, bodyName, askSchema);
  if (!read.ok) return read;
  const { target, access_repo, version: _, ...fields } = read.value;
  return {
    ok: true,
    value: { target, ...(access_repo === undefined ? {} : { accessRepo: access_repo }), request: longForm(fields) },
    diagnostics: read.diagnostics,
  };
}

/** Written anew, so that what JSON allows and YAML does not (tabs, escaped slashes) does not matter. */
function normalJson(body: string): string | undefined {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? JSON.stringify(value) : undefined;
  } catch {
    return undefined; // no JSON, or nested so deeply that it cannot be written again
  }
}
