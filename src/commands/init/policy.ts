import type { Owner } from "../../access-repo/types.ts";
import { ownerText } from "../../approval/index.ts";

/** What the files of a new access repo are written for. */
export interface NewAccessRepo {
  /** Web address of the GitHub host, `https://github.com`. */
  readonly host: string;
  /** owner/name of the access repo. */
  readonly repository: string;
  /** Who owns everything at first. */
  readonly owners: readonly Owner[];
  /** A repository of the same owner whose workflows may use the examples. */
  readonly workflowRepository: string;
  /** Where the server answers; null: not known yet. */
  readonly url: string | null;
}

export const ownersLine = (repo: NewAccessRepo): string => repo.owners.map(ownerText).join(" ");

export const settings =
  (): string => `# What holds for every request of this access repo. Changing it is a policy pull request.
version: 1
approvals: 1            # approvals by owners of a request's path; a role may ask for more, never for fewer
pending_expiry: 7d      # an unapproved request is closed after this

# Access without approval in an emergency, reviewed after. A role has to admit it too (break_glass: true).
# break_glass:
#   members: ["@your-org/incident-commanders"]
#   max_duration: 1h
#   review_within: 72h

# To stop everything at once, or one target, requester or approver:
# frozen: [all]
frozen: []
`;

export const codeowners = (repo: NewAccessRepo): string => {
  const who = ownersLine(repo);
  const line = (pattern: string): string => `${pattern.padEnd(24)} ${who}`;
  return `# Who may approve what. The last line that matches a path decides, and it alone.
# Countersign denies what has no owners, also where GitHub would ask nobody.
${line("*")}

# The policy: settings, this file, targets. Keep these lines: whoever owns them decides who may grant what.
${line("/.github/")}
${line("/targets/")}
${line("/CODEOWNERS")}
${line("/docs/CODEOWNERS")}
${line("/tests/")}

# Who approves requests, by target.
${line("/requests/")}
${line("/requests/hello/")}
${line("/requests/aws-example/")}
${line("/requests/gcp-example/")}
${line("/requests/azure-example/")}
${line("/requests/oidc-example/")}
`;
};

export const hello = (
  repo: NewAccessRepo,
): string => `# A first target that needs no cloud: a GitHub token that reads one repository.
version: 1
cloud: github
description: Try Countersign without a cloud
roles:
  reader:
    permissions: { contents: read }
    repositories: [${repo.workflowRepository}]
    max_duration: 1h
    defaults: { duration: 15m, workflow: { repository: ${repo.workflowRepository}, ref: refs/heads/main } }
`;

export const awsExample = (
  repo: NewAccessRepo,
): string => `# An AWS account. Replace account and names, then create the trust that the server's documentation describes.
version: 1
cloud: aws
description: Example of an AWS account
region: eu-west-1
roles:
  operator:
    role_arn: arn:aws:iam::123456789012:role/countersign-operator
    # The most that may be asked for. A request names what it needs of this.
    allow:
      - { actions: ["s3:ListBucket", "s3:DeleteBucket"], resources: ["arn:aws:s3:::example-*"] }
      - { actions: ["s3:GetObject"], resources: ["arn:aws:s3:::example-*/*"] }
    max_duration: 4h
    max_session: 1h
    tickets: [OPS]
    workflows: ["${repo.workflowRepository}/.github/workflows/*.yml@refs/heads/main"]   # needed for dispatch
    environments: [production]
    defaults: { duration: 1h, workflow: { repository: ${repo.workflowRepository}, ref: refs/heads/main, environment: production } }
sets:
  read-logs: [{ actions: ["s3:GetObject"], resources: ["arn:aws:s3:::example-logs/*"] }]
`;

export const gcpExample = (
  repo: NewAccessRepo,
): string => `# A Google Cloud project. Replace project number, pool and service account.
version: 1
cloud: gcp
description: Example of a Google Cloud project
roles:
  deployer:
    workload_identity_provider: projects/123456789012/locations/global/workloadIdentityPools/countersign/providers/countersign
    service_account: deployer@example-project.iam.gserviceaccount.com   # without it: direct federation
    # A ceiling for Cloud Storage; it narrows no other service.
    # boundary:
    #   - { resource: //storage.googleapis.com/projects/_/buckets/example-logs, permissions: ["inRole:roles/storage.objectViewer"] }
    max_duration: 2h
    defaults: { duration: 1h, workflow: { repository: ${repo.workflowRepository}, ref: refs/heads/main } }
`;

export const azureExample = (
  repo: NewAccessRepo,
): string => `# An Azure subscription. Azure has no way to narrow a token: make one app registration for each level of access.
version: 1
cloud: azure
description: Example of an Azure subscription
roles:
  contributor:
    tenant_id: 11111111-1111-1111-1111-111111111111
    client_id: 22222222-2222-2222-2222-222222222222
    subscription_id: 33333333-3333-3333-3333-333333333333
    delivery: token            # or assertion, for tools that take no token
    resources: [https://management.azure.com]
    max_duration: 4h
    last_issue_before_end: 90m # an Azure token lives up to 90 minutes, whatever the grant's end
    defaults: { duration: 3h, workflow: { repository: ${repo.workflowRepository}, ref: refs/heads/main } }
`;

export const oidcExample = (
  repo: NewAccessRepo,
): string => `# Any relying party that trusts an OpenID Connect issuer: Vault, a package registry, an API of your own.
version: 1
cloud: oidc
description: Example of a relying party
roles:
  platform:
    audience: https://vault.example.com
    claims: { team: platform }
    max_duration: 1h
    defaults: { duration: 30m, workflow: { repository: ${repo.workflowRepository}, ref: refs/heads/main } }
`;

/** Somebody who may approve, for the tests: the first owner that is a person, or a member of the first team. */
function approver(repo: NewAccessRepo): { readonly login: string; readonly teams: string } {
  const person = repo.owners.find((owner) => owner.kind === "user");
  if (person !== undefined) return { login: ownerText(person), teams: "{}" };
  const teams = repo.owners.map((owner) => `${JSON.stringify(ownerText(owner))}: ["@some-owner"]`);
  return { login: "@some-owner", teams: `{ ${teams.join(", ")} }` };
}

export function policyTests(repo: NewAccessRepo): string {
  const { login, teams } = approver(repo);
  const who = ownersLine(repo);
  return `# What the policy must answer. \`countersign validate\` runs these: change them with the policy, and see what a change does.
version: 1
teams: ${teams}
tests:
  - name: reading a repository needs one owner
    target: hello
    requester: "@somebody"
    request:
      role: reader
      reason: Try Countersign for the first time
      workflow: { file: .github/workflows/hello.yml }
    expect: needs 1 ${who}

  - name: one owner is enough
    target: hello
    requester: "@somebody"
    approved_by: ["${login}"]
    request:
      role: reader
      reason: Try Countersign for the first time
      workflow: { file: .github/workflows/hello.yml }
    expect: allowed

  - name: nobody approves what they asked for
    target: hello
    requester: "${login}"
    approved_by: ["${login}"]
    request:
      role: reader
      reason: Try Countersign for the first time
      workflow: { file: .github/workflows/hello.yml }
    expect: needs 1 owners

  - name: writing is more than the role has
    target: hello
    requester: "@somebody"
    request:
      role: reader
      reason: Try to write with a role that reads
      permissions: { contents: write }
      workflow: { file: .github/workflows/hello.yml }
    expect: refused CS2016

  - name: buckets of others are out of reach
    target: aws-example
    requester: "@somebody"
    request:
      role: operator
      reason: Delete a bucket that is not ours
      ticket: OPS-1
      actions: ["s3:DeleteBucket"]
      resources: ["arn:aws:s3:::somebody-elses-bucket"]
      workflow: { file: .github/workflows/delete-bucket.yml }
    expect: refused CS2016

  - name: a day is too long
    target: aws-example
    requester: "@somebody"
    request:
      role: operator
      reason: Keep the door open for a day
      ticket: OPS-1
      sets: [read-logs]
      duration: 1d
      workflow: { file: .github/workflows/read-logs.yml }
    expect: refused CS2013
`;
}
