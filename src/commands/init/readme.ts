import { forMarkdownCode } from "../../base/text.ts";
import { commandLine } from "./command-line.ts";
import { type NewAccessRepo, ownersLine } from "./repo.ts";

/** The access repo's own README: for who asks, who approves and who keeps the policy. `month` is that of the example. */
export const readme = (repo: NewAccessRepo, month: string): string => `# Access by pull request

Nobody has standing access to our clouds. Who needs some asks in a pull request here; code owners approve exactly that; one workflow gets credentials
that end. The history of this repository says who asked, who approved, why, and what was issued.

## Ask

1. Find what you need in [CATALOG.md](CATALOG.md) and press **Request**. GitHub opens a new file with everything filled in that is known.
2. Give the file a name, say why in one line, and ask for no more than you need. Propose it as a pull request from a branch of this repository, not a
   fork, with nothing else in it.
3. The check \`countersign\` says what is wrong, at its line; or what exactly would be issued, and who must approve.
4. When they have approved, Countersign merges. The merge is the grant: from then until its end, the workflow that you named may use it.

A whole request:

\`\`\`yaml
# requests/hello/${month}/first-try.yml
version: 1
role: reader
reason: Try Countersign for the first time
workflow:
  file: .github/workflows/hello.yml
\`\`\`

What it does not say comes from the role's defaults: here \`hello.yml\` of ${forMarkdownCode(repo.workflowRepository)} on its branch \`main\`, for 15 minutes. The job
there needs these lines:

\`\`\`yaml
permissions:
  id-token: write
steps:
  - uses: <owner>/<repository of Countersign>/action@<commit>
    with:
      url: ${repo.url ?? "https://countersign.example.com"}
      target: hello
\`\`\`

Requests are never changed: ask again with a new file under a new name. To end access early, delete the file in a pull request of its own.

## Approve

Read the title and the check: they are made from what would be issued, not from what the pull request says of itself. Then approve with a GitHub
review. It counts if you own the path in [CODEOWNERS](.github/CODEOWNERS), may write here, did not ask, write or push it, and approved its newest commit after
the plan was posted. "Request changes" by an owner stops it.

## Change the policy

| file | what |
| --- | --- |
| [targets/](targets) | what can be asked for: one file for each account, project or relying party |
| [.github/CODEOWNERS](.github/CODEOWNERS) | who approves which path |
| [.github/countersign.yml](.github/countersign.yml) | how many approvals; freeze |
| [tests/](tests) | what the policy must answer to whom: \`validate\` proves it |
| [CATALOG.md](CATALOG.md) | generated from the targets |

The first three are the policy. A change of them is a pull request without requests in it, approved by the owners under the policy *in force*, and merged by
Countersign. The workflow [validate](.github/workflows/validate.yml) checks every pull request and runs the tests.

## Command line

${commandLine(repo)}

\`\`\`sh
${commands(repo, month)}
\`\`\`

## First steps with this repository

${firstSteps(repo)}
`;

/** Every one is run by a test, in this order. */
const commands = (repo: NewAccessRepo, month: string): string => {
  const clone = `--repo ../${repo.place.fullName.split("/")[1] ?? ""}`;
  return `npx countersign targets ${clone}                # what can be asked for
npx countersign new hello/reader ${clone} --name first-try \\
  --reason "Try Countersign for the first time" --workflow-file .github/workflows/hello.yml
npx countersign plan requests/hello/${month}/first-try.yml ${clone}    # what it would issue, and who must approve
npx countersign validate ${clone}               # everything, with the policy tests
npx countersign owners targets/hello.yml ${clone}    # who approves a path, and by which line
npx countersign targets --write ${clone}        # CATALOG.md again, after a change of the targets`;
};

const firstSteps = (repo: NewAccessRepo): string =>
  [
    ...(repo.placeholder
      ? [
          `replace ${forMarkdownCode(repo.place.fullName)} in all files: it stands for this repository, whose name was not known when they were written`,
        ]
      : []),
    `see that ${forMarkdownCode(ownersLine(repo))} in CODEOWNERS may write here: teams that are visible, and for each path at least one person more than it needs approvals, since nobody approves what they asked for`,
    "replace the examples in `targets/` by what you have, with their lines in CODEOWNERS and their tests; then write CATALOG.md again",
    `push to the default branch, then enroll: \`GH_TOKEN=$(gh auth token) npx countersign enroll ${repo.place.fullName}\` prints the line for the server. From then on every change of the policy is a pull request`,
    `check this repository's settings: \`npx countersign doctor ${repo.place.fullName} --app <id of the App>\` says what stops the app and which rules are missing, and with \`--fix\` mends it`,
    "set the variables `COUNTERSIGN_REPOSITORY` (owner/name of your copy of Countersign) and `COUNTERSIGN_REF` (a commit of it), which the workflow `validate` runs",
  ]
    .map((step) => `- [ ] ${step}`)
    .join("\n");
