import type { CloudKind } from "./types.ts";

/**
 * What earns one code, the shortest that shows it. In every text `«` and `»` stand around what the finding underlines, and
 * `{1..40}` in a line stands for forty lines, as a shell would write them.
 */
export type CodeExample = FilesExample | ChangesExample | CommitsExample;

/** A file of the access repo. */
export interface ExampleFile {
  readonly path: string;
  readonly text: string;
  /** Where it is no plain file in UTF-8. */
  readonly saved?: "as an executable" | "in Latin-1";
}

/** Files of an access repo that has `exampleBase` beside them; a file of the same path takes its place. */
export interface FilesExample {
  readonly kind: "files";
  readonly files: readonly ExampleFile[];
  /** Files of the base that are not there. */
  readonly without?: readonly string[];
  readonly given?: Given;
  /** What differs where nothing is wrong; files by path. Absent where no text mends it. */
  readonly mended?: Partial<Pick<FilesExample, "files" | "without" | "given">>;
}

/** The files that a pull request changes, one a line, as `git diff --name-status` shows them. */
export interface ChangesExample {
  readonly kind: "changes";
  readonly changes: string;
  readonly mended?: string;
}

/** `.github/countersign.yml` in the commits that a policy pull request is judged by. */
export interface CommitsExample {
  readonly kind: "commits";
  readonly commits: PolicyCommits;
  readonly mended?: Partial<PolicyCommits>;
}
export interface PolicyCommits {
  /** The policy in force. */
  readonly accepted: string;
  /** The default branch where the pull request's branch left it, and as it is now. */
  readonly base: string;
  readonly tip: string;
  readonly head: string;
}

/** What is true outside of the files. */
export type Given =
  | { readonly kind: "workflow"; readonly text: string }
  | { readonly kind: "no_workflow"; readonly file: string }
  | { readonly kind: "not_installed"; readonly repository: string }
  | { readonly kind: "may_only_read"; readonly login: string }
  | { readonly kind: "issues_for"; readonly kinds: readonly CloudKind[] }
  | { readonly kind: "repository_id"; readonly id: number }
  /** Changes that the default branch has seen, as `git log --name-status` shows them. */
  | { readonly kind: "history"; readonly changes: string };
