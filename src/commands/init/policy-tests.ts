import { ownerText } from "../../access-repo/index.ts";
import { type NewAccessRepo, ownersLine } from "./repo.ts";

/** Who plays in the tests, with logins that are different people whoever the owners are. */
function cast({ owners }: NewAccessRepo): { readonly asks: string; readonly approves: string; readonly teams: string } {
  const person = owners.find((owner) => owner.kind === "user");
  const logins = new Set(owners.map((owner) => ownerText(owner).toLowerCase()));
  let asks = "@somebody";
  for (let number = 2; logins.has(asks); number++) asks = `@somebody-${number}`;
  if (person !== undefined) return { asks, approves: ownerText(person), teams: "{}" };
  const teams = owners.map((owner) => `${JSON.stringify(ownerText(owner))}: ["@an-owner"]`);
  return { asks, approves: "@an-owner", teams: `{ ${teams.join(", ")} }` };
}

export function policyTests(repo: NewAccessRepo): string {
  const { asks, approves, teams } = cast(repo);
  // As CODEOWNERS names them, as long as that is pleasant to read; `owners` means the same.
  const who = repo.owners.length > 5 ? "owners" : ownersLine(repo);
  return `# What the policy must answer. \`countersign validate\` runs these: change them with the policy, and see what a change does.
version: 1
teams: ${teams}
tests:
  - name: reading a repository needs one owner
    target: hello
    requester: "${asks}"
    request:
      role: reader
      reason: Try Countersign for the first time
      workflow: { file: .github/workflows/hello.yml }
    expect: needs 1 ${who}

  - name: one owner is enough
    target: hello
    requester: "${asks}"
    approved_by: ["${approves}"]
    request:
      role: reader
      reason: Try Countersign for the first time
      workflow: { file: .github/workflows/hello.yml }
    expect: allowed

  - name: nobody approves what they asked for
    target: hello
    requester: "${approves}"
    approved_by: ["${approves}"]
    request:
      role: reader
      reason: Try Countersign for the first time
      workflow: { file: .github/workflows/hello.yml }
    expect: needs 1 owners

  - name: writing is more than the role has
    target: hello
    requester: "${asks}"
    request:
      role: reader
      reason: Try to write with a role that reads
      permissions: { contents: write }
      workflow: { file: .github/workflows/hello.yml }
    expect: refused CS2016

  - name: buckets of others are out of reach
    target: aws-example
    requester: "${asks}"
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
    requester: "${asks}"
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
