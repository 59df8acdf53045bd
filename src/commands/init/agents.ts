import { forMarkdownCode } from "../../base/text.ts";
import { commandLine } from "./command-line.ts";
import type { NewAccessRepo } from "./repo.ts";

/** What a coding agent must know before it touches an access repo. */
export const agents = (repo: NewAccessRepo, month: string): string => `# For coding agents

This is ${forMarkdownCode(repo.place.fullName)}, an access repo of Countersign: the files here decide who gets which cloud credentials. Be exact, and do less rather than more.

## You may

- add one request for the person you work for: \`requests/<target>/<YYYY-MM>/<name>.yml\`, in a pull request of its own with no other file in it, from a branch of
  this repository, not a fork
- read everything, and run the commands below

## You must not

- change, rename or copy a request that exists: ask again with a new file under a new name
- touch \`.github/\`, \`targets/\`, \`CODEOWNERS\` or \`tests/\`, unless you were asked for exactly that; never together with a request
- approve, merge, or push to a branch of somebody else: a push voids the approvals
- invent a reason or a ticket. Ask the person: the reason stays in the history, and approvers decide by it
- ask for a whole role where less will do: name the actions and resources that the task needs

## Commands

${commandLine(repo)}

\`\`\`sh
${commands(repo, month)}
\`\`\`

Exit codes: 0 fine, 1 findings, 2 wrong call. With \`--json\`, 0 and 1 print one JSON object with the same keys, and \`diagnostics\` says what is wrong: \`file\`, \`line\`, \`column\`,
\`code\`, \`message\`, \`hint\` (what to write instead), \`fix\`. \`countersign explain CODE\` says why, with an example. \`owners\` prints an array. \`new\` prints the git commands for the pull request, or has them under \`commands\`.

## Files

Every scalar is text: \`no\`, \`012\` and dates need no quotes. Durations: \`30m\`, \`4h\`, \`7d\`. Times: \`2026-11-24T09:00:00Z\`. Refs are full: \`refs/heads/main\`. Unknown or double
keys, anchors, aliases and tags are errors. A name is used once, also after the file was deleted.

Owners approve, unless the role's \`auto_approve\` covers all that is asked: the check run says which. Never write \`break_glass\` on your own: that is a person's decision. Say in the pull request what the access is for, and wait.
`;

/** Every one is run by a test, in this order. */
const commands = (repo: NewAccessRepo, month: string): string => {
  const clone = `--repo ../${repo.place.fullName.split("/")[1] ?? ""}`;
  const file = `requests/aws-example/${month}/delete-old-logs.yml`;
  return `npx countersign targets ${clone} --json              # what can be asked for: roles[].can, roles[].rules
npx countersign new aws-example/operator ${clone} --name delete-old-logs \\
  --reason "Delete the log bucket left behind by the migration" --ticket OPS-123 \\
  --actions s3:DeleteBucket --resources arn:aws:s3:::example-old-logs \\
  --workflow-file .github/workflows/delete-bucket.yml --json
npx countersign validate ${file} ${clone} --json
npx countersign plan ${file} ${clone} --json    # what would be issued, and who must approve`;
};
