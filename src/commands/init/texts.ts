import { type NewAccessRepo, ownersLine } from "./policy.ts";

/** The access repo's own README: for requesters, then for approvers, then for who keeps the policy. */
export const readme = (repo: NewAccessRepo): string => `# Access to our clouds

Standing permissions are how companies get breached. Here access is asked for in a pull request, approved by code owners, used by one workflow, and
gone after a while. The history of this repository says who asked, who approved, why, and what was issued.

## Ask for access

1. Look in [CATALOG.md](CATALOG.md) for what you need and press **Request**. GitHub opens a new file with everything filled in that is known.
2. Give the file a name, say why in one line, and ask for no more than you need. Propose it as a pull request from a branch of this repository.
3. The check \`countersign\` says what is wrong, at its line, or what exactly would be issued and who must approve. The pull request's title becomes
   what is really asked.
4. When the owners have approved, Countersign merges. The merge is the grant: the workflow that you named may now use it, until it ends.

With the command line, in a clone: \`npx countersign new hello/reader --reason "Try Countersign for the first time"\`, then push and open the pull request.

\`\`\`yaml
# requests/hello/2026-11/first-try.yml
version: 1
role: reader
reason: Try Countersign for the first time
workflow:
  file: .github/workflows/hello.yml
\`\`\`

In the workflow:

\`\`\`yaml
permissions:
  id-token: write
steps:
  - uses: <owner>/<repository of Countersign>/action@<commit>
    with:
      url: ${repo.url ?? "https://countersign.example.com"}
      target: hello
\`\`\`

Requests are immutable. To change one, ask again with a new file. To end access early, delete the file in a pull request of its own.

## Approve

Read the title and the check: they are made from what would be issued, not from what the pull request says about itself. Approve with a GitHub
review. It counts when you own the path in [CODEOWNERS](.github/CODEOWNERS), did not ask, write or push it, and approved the newest commit after its plan was
posted. "Request changes" stops it.

## Change the policy

| file | what |
| --- | --- |
| [.github/countersign.yml](.github/countersign.yml) | approvals, expiry of unapproved requests, break-glass, freeze |
| [.github/CODEOWNERS](.github/CODEOWNERS) | who approves which path |
| [targets/](targets) | what can be asked for: one file a cloud account |
| [tests/](tests) | what the policy must answer to whom |
| [CATALOG.md](CATALOG.md) | generated: \`npx countersign targets --write\` |

A change of the first three is a policy pull request; Countersign merges it when the owners under the policy *in force* have approved. \`npx countersign validate\`
checks all files and runs the tests; the workflow [validate](.github/workflows/validate.yml) does the same on every pull request.

First steps with this repository:

- [ ] replace \`${ownersLine(repo)}\` in CODEOWNERS by teams that exist and have write permission here, at least two people who are not always the requester
- [ ] enroll it on the server: \`npx countersign enroll ${repo.repository}\`
- [ ] delete the examples that you do not need from \`targets/\`, with their lines in CODEOWNERS and tests
- [ ] set the variables \`COUNTERSIGN_REPOSITORY\` and \`COUNTERSIGN_REF\` for the workflow \`validate\`

The editor settings map the folders to the schemas of the files, so that editors complete and check them.
`;

export const agents = (repo: NewAccessRepo): string => `# For coding agents

This is an access repo of Countersign: files here decide who gets which cloud credentials. Be exact, and do less rather than more.

## You may

- add one request file for the person you work for: \`requests/<target>/<YYYY-MM>/<name>.yml\`, in a pull request of its own, from a branch of this
  repository (not a fork), with no other file in it
- read everything, and run the commands below

## You must not

- change, rename or copy a request that exists; requests are immutable. Add a new file with a new name instead
- touch \`.github/\`, \`targets/\`, \`CODEOWNERS\` or \`tests/\` unless you were asked for exactly that; never together with a request
- approve, merge, or push to somebody else's request branch: a push by another account makes approvals void
- invent a reason or a ticket. Ask the person. The reason stays in the history and is what approvers read
- ask for a whole role where less will do: name the actions and resources that the task needs

## How

\`\`\`sh
npx countersign targets                     # what can be asked for, in words
npx countersign targets aws-example/operator --json
npx countersign new aws-example/operator --reason "..." --ticket OPS-123 \\
  --actions s3:DeleteBucket --resources arn:aws:s3:::example-old-logs --workflow-file .github/workflows/delete-bucket.yml
npx countersign validate <file> --json      # {"ok":false,"diagnostics":[{"line","column","code","message","hint","fix"}]}
npx countersign plan <file> --json          # what would be issued, and who must approve
npx countersign explain CS2016              # what a code means, with an example and the cure
\`\`\`

Exit codes: 0 fine, 1 findings, 2 misuse. Every scalar is text: \`no\`, \`012\` and dates need no quotes. Durations are \`30m\`, \`4h\`, \`7d\`; refs are full
(\`refs/heads/main\`). Unknown keys, anchors, aliases and tags are errors.

The access repo is \`${repo.repository}\`. A human always approves; say in the pull request what the access is for, and wait.
`;

/**
 * Validates every pull request and the default branch. Countersign itself comes from a repository and commit that the
 * organization chose, by variables: the code that checks must not come from the pull request.
 */
export const workflow = (): string => `name: validate
on:
  pull_request:
  push: { branches: [main] }
permissions:
  contents: read
jobs:
  validate:
    runs-on: ubuntu-latest
    timeout-minutes: 10
    steps:
      - uses: actions/checkout@v5
        with: { path: access, fetch-depth: 0, persist-credentials: false }   # the whole history: names are used once
      - name: Say what is missing
        if: \${{ vars.COUNTERSIGN_REPOSITORY == '' || vars.COUNTERSIGN_REF == '' }}
        run: |
          echo "::error::Set the variables COUNTERSIGN_REPOSITORY (owner/name of Countersign) and COUNTERSIGN_REF (a commit of it)."
          exit 1
      - uses: actions/checkout@v5
        with:
          repository: \${{ vars.COUNTERSIGN_REPOSITORY }}
          ref: \${{ vars.COUNTERSIGN_REF }}
          path: countersign
          persist-credentials: false
      - run: npm ci
        working-directory: countersign
      - run: npx countersign validate --repo "$GITHUB_WORKSPACE/access" --format github
        working-directory: countersign
`;

const folders = {
  request: "requests/**/*.yml",
  target: "targets/*.yml",
  settings: ".github/countersign.yml",
  test: "tests/**/*.yml",
};

/** Maps the folders to the schemas: to those that the server serves where it is known, else to the copies in this repository. */
export const editorSettings = (repo: NewAccessRepo): string => {
  const base = repo.url === null ? "./.vscode/schemas" : `${repo.url}/schemas`;
  const schemas = Object.fromEntries(Object.entries(folders).map(([name, files]) => [`${base}/${name}.json`, files]));
  return `${JSON.stringify({ "yaml.schemas": schemas, "yaml.format.enable": false }, null, 2)}\n`;
};

export const editorExtensions = (): string =>
  `${JSON.stringify({ recommendations: ["redhat.vscode-yaml"] }, null, 2)}\n`;
