import type { Actor } from "../../../src/approval/types.ts";
import { requestText } from "../company.ts";
import type { Edit, File } from "../model/git.ts";
import type { PullRequest, Repository } from "../model/repository.ts";
import type { Push, Story } from "../story.ts";

/** What a sentence may say more. Files are text; `null` deletes; `{ link: to }` is a symlink, `{ executable: text }` one bit. */
export interface Details {
  /** What is said. */
  readonly text?: string;
  /** The bucket that the request is for. */
  readonly bucket?: string;
  /** More lines of the request. */
  readonly more?: string;
  /** Path of the request. */
  readonly path?: string;
  /** In place of a request. */
  readonly files?: Readonly<Record<string, string | null | { link?: string; executable?: string }>>;
  /** Old path to new path. */
  readonly rename?: Readonly<Record<string, string>>;
  /** Text to be replaced in the files of the branch. */
  readonly replace?: { readonly file: string; readonly from: string; readonly to: string };
  readonly author?: string;
  readonly committer?: string;
  readonly coauthors?: readonly string[];
  readonly draft?: boolean;
  readonly base?: string;
  /** From a fork of this owner. */
  readonly fork?: boolean;
  readonly repository?: string;
  /** Another request beside it. */
  readonly both?: boolean;
  /** So many files beside the request. */
  readonly many?: number;
  /** Repository of the workflow that the request names, in place of acme/infra. */
  readonly workflow?: string;
  /** From the branch of another pull request, stacked on it. */
  readonly on?: string;
  /** Environment variables of a server. */
  readonly env?: Readonly<Record<string, string>>;
  /** What is sent with a job's question: parameters of `POST /token`. */
  readonly params?: Readonly<Record<string, string>>;
  /** Pull requests that a check run or a workflow run lists, by full name of their repository. */
  readonly lists?: readonly { readonly repository: string; readonly number: number }[];
}

/** Done at once, and without anybody noticing it yet. */
export type Deed = (story: Story, who: string, what: string, more: Details) => void;
/** The form of a sentence, with who and what in it, and what it does. */
export type Sentences = readonly (readonly [RegExp, Deed])[];

export const person = (story: Story, name: string): Actor | null =>
  name === "nobody" ? null : story.github.person(name);
const mode = (file: NonNullable<Details["files"]>[string]): File | string | null =>
  file === null || typeof file === "string"
    ? file
    : { text: file.link ?? file.executable ?? "", mode: file.link === undefined ? 0o100755 : 0o120000 };

export function editOf(
  tree: ReadonlyMap<string, File>,
  name: string,
  d: Details,
): { edit: Edit; paths: readonly string[] } {
  const path = d.path ?? `requests/aws-prod/2026-11/${name}.yml`;
  const edit: Record<string, File | string | null> = {};
  if (d.files) for (const [file, content] of Object.entries(d.files)) edit[file] = mode(content);
  for (const [from, to] of Object.entries(d.rename ?? {})) Object.assign(edit, { [from]: null, [to]: tree.get(from) });
  if (d.replace) edit[d.replace.file] = (tree.get(d.replace.file)?.text ?? "").replace(d.replace.from, d.replace.to);
  if (Object.keys(edit).length === 0 || d.both) edit[path] = requestText(d.bucket, d.more, d.workflow);
  if (d.both) edit[path.replace(/\.yml$/, "-0.yml")] = requestText("acme-beside");
  for (let i = 0; i < (d.many ?? 0); i++) edit[`requests/aws-prod/2026-11/${name}-${i}.yml`] = requestText();
  return { edit, paths: Object.keys(edit).filter((file) => file.startsWith("requests/")) };
}
export const how = (story: Story, d: Details): Push => ({
  ...(d.author === undefined ? {} : { author: person(story, d.author) }),
  ...(d.committer === undefined
    ? {}
    : { committer: d.committer === "web-flow" ? ("web-flow" as const) : person(story, d.committer) }),
  ...(d.coauthors ? { coauthors: d.coauthors.map((name) => person(story, name)) } : {}),
});
export const repoOf = (story: Story, d: Details): Repository => {
  const found = d.repository === undefined ? story.home : story.github.named(d.repository);
  if (!found) throw new Error(`no repository ${d.repository}`);
  return found;
};
export const pullOf = (
  story: Story,
  name: string,
): { repo: Repository; pull: PullRequest; paths: readonly string[] } => {
  const found = story.pulls.get(name);
  if (!found) throw new Error(`no pull request ${name} in this story`);
  return found;
};
/** Webhooks of members and teams ask for a look at everything. */
export const everything = (story: Story): void => {
  for (const repo of story.github.repositories.values())
    for (const pull of repo.pulls.values()) story.github.touched(repo, pull.number);
};

/** As a deed, but the server is at work in it, and what it answers is waited for. */
export type Act = (story: Story, who: string, what: string, more: Details) => Promise<void>;
export type Acts = readonly (readonly [RegExp, Act])[];
