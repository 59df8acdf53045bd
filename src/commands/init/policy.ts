import { type NewAccessRepo, ownersLine } from "./repo.ts";

export const settings =
  (): string => `# What holds for every request of this access repo. Changing it is a policy pull request.
version: 1
approvals: 1            # approvals by owners of a request's path; a role may ask for more, never for fewer

# To stop everything at once, or one target, requester or approver:
# frozen: [all]
# frozen: [{ target: aws-example }, { requester: "@mallory" }, { approver: "@mallory" }]
frozen: []

# Access without approval, for roles with break_glass: true; an owner who is not the person reviews it after.
# break_glass: { members: ["@incident-commander"], max_duration: 1h, review_within: 72h }

# A request that nobody approved is closed after this; it can be asked again.
# pending_expiry: 7d
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
