import type { CloudKind } from "../access-repo/types.ts";
import type { RepositoryId } from "../base/ids.ts";

const kinds: readonly CloudKind[] = ["aws", "gcp", "azure", "github", "oidc"];
const targetName = /^[a-z0-9][a-z0-9-]{0,62}$/;
const roleName = /^[a-z0-9][a-z0-9-]{0,31}$/;

/** GCP takes 127 bytes as `google.subject`, the least of all clouds; one less leaves no doubt whose limit it is. */
export const MAX_SUBJECT_BYTES = 126;

/**
 * `repository:<access repo id>:<kind>:<target>:<role>`, the `sub` of every assertion. Ids, since names can be registered again;
 * the kind, so that an assertion made for one kind of target is never the subject that another kind's trust names (C55).
 * Names are checked once more here: a `:` in one would let two pairs of target and role share a subject.
 * @returns undefined where a name is not one, or where it would be longer than `MAX_SUBJECT_BYTES`
 */
export function subjectOf(repository: RepositoryId, kind: CloudKind, target: string, role: string): string | undefined {
  if (!kinds.includes(kind) || !targetName.test(target) || !roleName.test(role)) return undefined;
  const subject = `repository:${repository}:${kind}:${target}:${role}`;
  return subject.length <= MAX_SUBJECT_BYTES ? subject : undefined; // ASCII by the patterns: length is bytes
}
