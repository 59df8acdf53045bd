import { objectId } from "../../src/base/ids.ts";
import { loadPolicy, type Policy, type PolicyFiles, type TreeFile } from "../../src/access-repo/index.ts";

// The files of DESIGN.md section 3, as a user would write them.

export const settingsText = `version: 1
approvals: 1             # owner slots per request path
pending_expiry: 7d
break_glass:
  members: ["@acme/incident-commanders"]
  max_duration: 1h
  review_within: 72h
frozen: []
`;

export const targetText = `version: 1
cloud: aws
description: Production account
region: eu-west-1
roles:
  operator:
    role_arn: arn:aws:iam::123456789012:role/countersign-operator
    allow:
      - { actions: ["s3:Get*", "s3:DeleteBucket"], resources: ["arn:aws:s3:::acme-*", "arn:aws:s3:::acme-*/*"] }
      - { actions: ["ec2:AuthorizeSecurityGroupIngress"], resources: ["arn:aws:ec2:eu-west-1:123456789012:security-group/*"] }
    max_duration: 4h
    max_session: 1h
    approvals: 2
    also_approved_by:
      - { from: ["@acme/security"], count: 1 }
    auto_approve:
      { requesters: ["@acme/sre"], max_duration: 30m, actions: ["s3:Get*"], per_day: 5 }
    break_glass: false
    tickets: [OPS, SEC]
    workflows: ["acme/infra/.github/workflows/*.yml@refs/heads/main"]
    environments: [production]
    events: [workflow_dispatch, push, schedule]
    runners: [github-hosted]
    defaults: { duration: 1h, workflow: { repository: acme/infra, ref: refs/heads/main, environment: production } }
    allow_persistence: false
    last_issue_before_end: 0m
sets:
  tf-state: [{ actions: ["s3:GetObject"], resources: ["arn:aws:s3:::acme-tf/*"] }]
`;

export const requestText = `version: 1
role: operator
reason: Delete the log bucket left behind by the storage migration
ticket: OPS-1423
allow: [{ actions: ["s3:DeleteBucket"], resources: ["arn:aws:s3:::acme-stale-logs"] }]
duration: 1h
start: 2026-11-24T09:00:00Z
runs: 1
workflow:
  repository: acme/infra
  file: .github/workflows/delete-bucket.yml
  ref: refs/heads/main
  environment: production
  sha: 3f1c3f1c3f1c3f1c3f1c3f1c3f1c3f1c3f1c3f1c
  reusable: acme/pipelines/.github/workflows/x.yml@3f1c3f1c3f1c3f1c3f1c3f1c3f1c3f1c3f1c3f1c
  actor: requester
dispatch: { inputs: { bucket: acme-stale-logs } }
`;

export const requestPathText = "requests/aws-prod/2026-11/delete-stale-logs.yml";

/** Role keys of the kinds other than aws. */
export const otherKinds = {
  gcp: `workload_identity_provider: projects/123/locations/global/workloadIdentityPools/countersign/providers/countersign
    service_account: deployer@acme-prod.iam.gserviceaccount.com
    scopes: [https://www.googleapis.com/auth/cloud-platform]`,
  azure: `tenant_id: 11111111-1111-1111-1111-111111111111
    client_id: 22222222-2222-2222-2222-222222222222
    subscription_id: 33333333-3333-3333-3333-333333333333
    delivery: token
    resources: [https://management.azure.com]`,
  github: `permissions: { contents: write }
    repositories: [acme/infra]`,
  oidc: `audience: https://vault.acme.example
    claims: { team: platform }`,
} as const;

/** A target of another kind with one role, `deployer`; `more` adds keys to the role. */
export const otherTarget = (
  kind: keyof typeof otherKinds,
  more = "",
  body: string = otherKinds[kind],
): string => `version: 1
cloud: ${kind}
roles:
  deployer:
    max_duration: 2h
    ${body}
${more}`;

let next = 1;
export const treeFile = (path: string, text: string | undefined, mode = 0o100644): TreeFile => ({
  path,
  text,
  mode,
  oid: objectId((next++).toString(16).padStart(40, "0")),
});

export const codeownersText = "* @acme/platform\n/targets/ @acme/security\n/requests/aws-prod/ @acme/sre @bob\n";

/** A whole policy; parts can be replaced. */
export function policyFiles(parts: Partial<PolicyFiles> = {}): PolicyFiles {
  return {
    settings: treeFile(".github/countersign.yml", settingsText),
    targetsTree: objectId("a".repeat(40)),
    targets: [treeFile("targets/aws-prod.yml", targetText)],
    codeowners: [treeFile(".github/CODEOWNERS", codeownersText), undefined, undefined],
    ...parts,
  };
}

export function loadedPolicy(parts: Partial<PolicyFiles> = {}): Policy {
  const loaded = loadPolicy(policyFiles(parts));
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.diagnostics));
  return loaded.policy;
}
