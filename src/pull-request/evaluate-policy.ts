import type { CatalogueSource } from "../action-catalogue/index.ts";
import {
  actionsOfTarget,
  checkActions,
  codeownersPlaces,
  finding,
  hasErrors,
  loadPolicy,
  parseTarget,
  policyDigest,
  servicesOf,
  settingsPath,
} from "../access-repo/index.ts";
import type { Diagnostic, Policy, PolicyFiles } from "../access-repo/types.ts";
import type { Snapshot } from "../approval/types.ts";
import { digestOf } from "../base/canonical-json.ts";
import type { CommitSha, Digest } from "../base/ids.ts";
import type { GitHub } from "../github/types.ts";

/** What readers of a policy pull request were shown: the change from one policy to another. */
export const policyShown = (accepted: Digest, resulting: Digest): Digest => digestOf({ v: 1, accepted, resulting });

export type PolicyEvaluation =
  | {
      readonly ok: true;
      /** The policy in force, which decides about its own change. */
      readonly accepted: Policy;
      /** What the merge yields. */
      readonly resulting: Digest;
      readonly after: Policy;
      /** Every policy path that differs from the accepted policy; empty: it restores the accepted one. */
      readonly paths: readonly string[];
      readonly warnings: readonly Diagnostic[];
    }
  | { readonly ok: false; readonly diagnostics: readonly Diagnostic[] };

const start = { line: 1, column: 1, length: 1 };

/**
 * Judges the tree that the merge of a policy pull request would yield against the accepted policy (DESIGN.md section 4,
 * Policy in force). A squash merge takes each file from the head where the pull request changed it and from the tip else:
 * the two are the head's policy exactly where the merge base has the tip's policy. Anything else is "update your branch", so
 * that nobody's unaccepted policy is carried along unseen (C69).
 */
export async function evaluatePolicy(
  { github, actions }: { readonly github: GitHub; readonly actions: CatalogueSource },
  snapshot: Snapshot,
  accepted: { readonly commit: CommitSha; readonly digest: Digest },
): Promise<PolicyEvaluation> {
  const { repository, tip, pullRequest } = snapshot;
  const [base, head] = await Promise.all([
    github.mergeBase(repository, tip.sha, pullRequest.headSha).then((commit) => github.policyAt(repository, commit)),
    github.policyAt(repository, pullRequest.headSha),
  ]);
  if (policyDigest(base) !== policyDigest(tip.policy)) {
    const message = `${repository.defaultBranch} has another policy now than where this branch started.`;
    return failed(finding("CS4020", settingsPath, start, message));
  }
  const resulting = loadPolicy(head);
  if (!resulting.ok) return { ok: false, diagnostics: resulting.diagnostics };
  const before =
    policyDigest(tip.policy) === accepted.digest ? tip.policy : await github.policyAt(repository, accepted.commit);
  const inForce = loadPolicy(before);
  if (!inForce.ok || inForce.policy.digest !== accepted.digest) {
    const [first] = inForce.ok ? [] : inForce.diagnostics.filter((d) => d.severity === "error");
    const why = first ? ` (${first.file}:${first.line}: ${first.code} ${first.message.replace(/\.$/, "")})` : "";
    return failed(finding("CS4021", settingsPath, start, `The policy in force cannot be read${why}.`));
  }
  const paths = differing(before, head);
  const unknown = await unknownActions(actions, head, paths);
  if (hasErrors(unknown)) return failed(...unknown);
  return {
    ok: true,
    accepted: inForce.policy,
    resulting: resulting.policy.digest,
    after: resulting.policy,
    paths,
    warnings: [...resulting.diagnostics, ...unknown],
  };
}

/**
 * Actions that AWS does not have, in the targets that change. In those only: AWS's list changes with each upgrade, and an old
 * slip in one file must not stand in the way of a change to another.
 */
async function unknownActions(
  actions: CatalogueSource,
  { targets }: PolicyFiles,
  paths: readonly string[],
): Promise<readonly Diagnostic[]> {
  const found: Diagnostic[] = [];
  for (const { path, text } of targets.filter((file) => paths.includes(file.path))) {
    const parsed = parseTarget(text, path);
    if (!parsed.ok) continue; // the policy has been refused for it
    const named = actionsOfTarget(parsed.value);
    const catalogue = await actions.load(servicesOf([{ actions: named.map((use) => use.action) }]));
    found.push(...checkActions({ named, file: path, ...(parsed.at && { at: parsed.at }), catalogue }));
  }
  return found;
}

const failed = (...diagnostics: Diagnostic[]): PolicyEvaluation => ({ ok: false, diagnostics });

/** Policy paths whose blob or mode differs, added and removed ones included, sorted. */
export function differing(a: PolicyFiles, b: PolicyFiles): readonly string[] {
  const index = (files: PolicyFiles): Map<string, string> =>
    new Map(
      [
        ...[files.settings].map((f) => [settingsPath, f] as const),
        ...files.targets.map((f) => [f.path, f] as const),
        ...files.codeowners.map((f, i) => [codeownersPlaces[i] ?? "", f] as const),
      ].flatMap(([path, f]) => (f ? [[path, `${f.mode} ${f.oid}`]] : [])),
    );
  const left = index(a);
  const right = index(b);
  return [...new Set([...left.keys(), ...right.keys()])].filter((path) => left.get(path) !== right.get(path)).sort();
}
