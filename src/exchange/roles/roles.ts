import type { Policy, Role, Target } from "../../access-repo/index.ts";
import { digestOf, type Json } from "../../base/canonical-json.ts";
import type { Digest, RepositoryId } from "../../base/ids.ts";
import { awsRegion } from "../../plan/region.ts";
import { subjectOf } from "../../plan/index.ts";

/** A role of the accepted policy that there is a cloud to ask about. */
export interface CheckableRole {
  readonly target: string;
  readonly name: string;
  readonly role: Role;
  readonly region: string | undefined;
  readonly subject: string;
  /** Digest of what its cloud sees of it. Another one is another trust, and is tried again. */
  readonly fingerprint: Digest;
}

/**
 * The roles of a policy in the order of their names. None of kind oidc, whose relying party is not ours to ask, and none that can
 * have no subject and so no plan either. Pure.
 */
export function checkableRoles(policy: Pick<Policy, "targets">, repository: RepositoryId): readonly CheckableRole[] {
  const found = [...policy.targets.values()].flatMap((target) =>
    [...target.roles].flatMap(([name, role]): CheckableRole[] => {
      const subject = subjectOf(repository, target.cloud, target.name, name);
      const seen = seenByCloud(target, role);
      if (subject === undefined || seen === undefined) return [];
      const fingerprint = digestOf({ v: 1, subject, ...seen });
      return [{ target: target.name, name, role, region: target.region, subject, fingerprint }];
    }),
  );
  const key = ({ target, name }: CheckableRole): string => `${target}/${name}`;
  return found.sort((a, b) => (key(a) < key(b) ? -1 : 1));
}

/** What decides at the cloud, and nothing of who may ask for it, for how long and for what; undefined: there is no cloud to ask. */
function seenByCloud(target: Target, role: Role): Readonly<Record<string, Json>> | undefined {
  switch (role.kind) {
    case "aws":
      return { role_arn: role.role_arn, region: awsRegion(role.role_arn, target.region) ?? target.region ?? null };
    case "gcp":
      return {
        workload_identity_provider: role.workload_identity_provider,
        service_account: role.service_account ?? null,
        scopes: [...role.scopes],
      };
    case "azure":
      return {
        tenant_id: role.tenant_id.toLowerCase(),
        client_id: role.client_id.toLowerCase(),
        resources: [...role.resources],
      };
    case "github":
      return { permissions: { ...role.permissions }, repositories: [...role.repositories] };
    case "oidc":
      return undefined;
  }
}
