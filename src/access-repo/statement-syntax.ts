// What the subset test can judge (DESIGN.md section 3, Subset test; CHECKLIST C67). AWS completes short ARNs with wildcards
// and expands ${...} after our check, so both are refused, in what a role allows and in what a request asks for alike.

/** `service:Action` with * and ? in the action; or a lone `*`. One action of AWS has a hyphen in its name. */
export const isAction = (text: string): boolean =>
  text === "*" || (text.length <= 128 && /^[A-Za-z0-9][A-Za-z0-9-]{0,63}:[A-Za-z0-9*?-]{1,100}$/.test(text));

/** A full ARN with a literal partition and service; or a lone `*`. Printable ASCII without `$`. */
export function isResource(text: string): boolean {
  if (text === "*") return true;
  if (text.length > 1024 || !/^[!-~]+$/.test(text) || text.includes("$")) return false;
  const fields = arnFields(text);
  if (fields === undefined) return false;
  const [arn, partition, service, , , resource] = fields;
  return (
    arn === "arn" &&
    /^aws(?:-[a-z]{1,10}){0,3}$/.test(partition) &&
    /^[a-z0-9][a-z0-9-]{0,62}$/.test(service) &&
    resource !== ""
  );
}

export type ArnFields = readonly [string, string, string, string, string, string];

/** The six fields of an ARN; the sixth may hold colons. Undefined where there are fewer. */
export function arnFields(text: string): ArnFields | undefined {
  const parts = text.split(":");
  if (parts.length < 6) return undefined;
  const [a = "", b = "", c = "", d = "", e = "", ...rest] = parts;
  return [a, b, c, d, e, rest.join(":")];
}
