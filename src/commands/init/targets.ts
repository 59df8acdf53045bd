import type { NewAccessRepo } from "./repo.ts";

export const hello = (
  repo: NewAccessRepo,
): string => `# A first target that needs no cloud: a GitHub token that reads one repository. The server needs its second App for it.
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
