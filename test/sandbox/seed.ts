import type { Seed } from "./github/index.ts";

// The make-believe company of the demo, the sandbox and the end-to-end tests.

export const owner = "acme";
export const accessRepo = "acme/access";
export const targetRepo = "acme/infra";
export const otherRepo = "acme/website";
export const roleArn = "arn:aws:iam::123456789012:role/countersign-operator";
export const requestPath = "requests/aws-prod/2026-11/delete-stale-logs.yml";
export const workflowPath = ".github/workflows/delete-bucket.yml";

const codeowners = `# Who may grant what. The last line that matches a path decides.
*                      @acme/cloud-owners
/requests/aws-prod/    @acme/cloud-owners
/targets/              @acme/cloud-owners
/.github/              @acme/cloud-owners
`;

const settings = `version: 1
approvals: 1
pending_expiry: 7d
`;

export const target = `version: 1
cloud: aws
description: Production account
region: eu-west-1
roles:
  operator:
    role_arn: ${roleArn}
    allow:
      - { actions: ["s3:ListBucket", "s3:DeleteBucket"], resources: ["arn:aws:s3:::acme-*"] }
      - { actions: ["s3:GetObject"], resources: ["arn:aws:s3:::acme-*/*"] }
    max_duration: 4h
    max_session: 1h
    tickets: [OPS, SEC]
    workflows: ["acme/infra/.github/workflows/*.yml@refs/heads/main"]
    environments: [production]
`;

/** What alice asks for. `mistake` is what she types first. */
export const request = (mistake = false): string => `version: 1
role: operator
reason: Delete the log bucket left behind by the storage migration
ticket: OPS-1423
actions: ["s3:DeleteBucket"]
resources: ["arn:aws:s3:::${mistake ? "other" : "acme"}-stale-logs"]
${mistake ? "duratoin" : "duration"}: 1h
workflow:
  repository: acme/infra
  file: ${workflowPath}
  ref: refs/heads/main
  environment: production
dispatch:
  inputs:
    bucket: acme-stale-logs
`;

const workflow = `name: Delete a bucket
on:
  workflow_dispatch:
    inputs:
      bucket:
        description: The bucket to delete
        required: true
        type: string
permissions:
  id-token: write
jobs:
  delete:
    runs-on: ubuntu-latest
    environment: production
    steps:
      - uses: acme/countersign-action@v1
        with:
          url: \${{ vars.COUNTERSIGN_URL }}
          target: aws-prod
      - name: Delete the bucket that was approved
        env: { BUCKET: "\${{ inputs.bucket }}" }
        run: aws s3api delete-bucket --bucket "$BUCKET"
      - name: Try its neighbour, which nobody approved
        run: |
          if aws s3api delete-bucket --bucket acme-live-logs; then exit 1; fi
          echo "the neighbour is safe"
`;

export const seed: Seed = {
  users: ["root", "alice", "bob", "carol", "mallory"],
  orgs: [
    {
      login: owner,
      owners: ["root"],
      members: ["alice", "bob", "carol", "mallory"],
      teams: { "cloud-owners": ["bob", "carol"] },
      basePermission: "read",
    },
  ],
  repositories: [
    {
      owner,
      name: "access",
      files: {
        "README.md": "# Who may do what, and for how long\n",
        ".github/CODEOWNERS": codeowners,
        ".github/countersign.yml": settings,
        "targets/aws-prod.yml": target,
      },
      // mallory may push and review here: what she cannot is approve.
      collaborators: { alice: "write", bob: "write", carol: "write", mallory: "write" },
      teams: { "cloud-owners": "write" },
      installed: true,
    },
    {
      owner,
      name: "infra",
      files: { [workflowPath]: workflow, "README.md": "# Infrastructure\n" },
      collaborators: { alice: "write", bob: "write" },
      installed: true,
    },
    {
      owner,
      name: "website",
      files: { [workflowPath]: workflow, "README.md": "# Website\n" },
      collaborators: { mallory: "admin" },
      installed: true,
    },
  ],
};
