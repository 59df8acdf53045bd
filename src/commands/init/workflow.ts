import type { NewAccessRepo } from "./repo.ts";

/**
 * Validates every pull request and the default branch. Countersign itself comes from a repository and commit that the
 * organization chose, by variables: the code that checks must not come from the pull request.
 */
export const workflow = (repo: NewAccessRepo): string => `name: validate
on:
  pull_request:
  push: { branches: [${branchPattern(repo.place.defaultBranch)}] }
permissions:
  contents: read
jobs:
  validate:
    runs-on: ubuntu-latest
    timeout-minutes: 10
    steps:
      - name: Say what is missing
        if: \${{ vars.COUNTERSIGN_REPOSITORY == '' || vars.COUNTERSIGN_REF == '' }}
        run: |
          echo "::error::Set the variables COUNTERSIGN_REPOSITORY (owner/name of your copy of Countersign) and COUNTERSIGN_REF (a commit of it)."
          exit 1
      - uses: actions/checkout@v5
        with: { path: access, fetch-depth: 0, persist-credentials: false }   # the whole history: a name is used once
      - uses: actions/checkout@v5
        with:
          repository: \${{ vars.COUNTERSIGN_REPOSITORY }}
          ref: \${{ vars.COUNTERSIGN_REF }}
          path: countersign
          persist-credentials: false
      - run: npm ci
        working-directory: countersign
      # --no: never a package of that name from a registry.
      - run: npx --no -- countersign validate --repo "$GITHUB_WORKSPACE/access" --base "origin/$DEFAULT_BRANCH" --format github
        working-directory: countersign
        env:
          DEFAULT_BRANCH: \${{ github.event.repository.default_branch }}
`;

/** The filter of `push` is a pattern: a branch whose name could be one, or could leave the YAML, is not named but matched. */
const branchPattern = (branch: string): string =>
  /^[A-Za-z0-9][A-Za-z0-9._/-]{0,100}$/.test(branch) ? JSON.stringify(branch) : '"**"';
