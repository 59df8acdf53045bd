import type { Actor } from "../../src/approval/types.ts";
import { parseDuration } from "../../src/base/duration.ts";
import { requestText } from "./company.ts";
import { blobId, edited, type Edit, type File } from "./model/git.ts";
import type { PullRequest, Repository } from "./model/repository.ts";
import type { Story } from "./story.ts";

/** What a sentence may say more. Files are text; `null` deletes; `{ link: to }` is a symlink, `{ executable: text }` one bit. */
export interface Details {
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
}

type Deed = (story: Story, who: string, what: string, more: Details & { readonly text?: string }) => void;

const person = (story: Story, name: string): Actor | null => (name === "nobody" ? null : story.github.person(name));
const mode = (file: NonNullable<Details["files"]>[string]): File | string | null =>
  file === null || typeof file === "string"
    ? file
    : { text: file.link ?? file.executable ?? "", mode: file.link === undefined ? 0o100755 : 0o120000 };

function editOf(tree: ReadonlyMap<string, File>, name: string, d: Details): { edit: Edit; paths: readonly string[] } {
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
const how = (story: Story, d: Details) => ({
  ...(d.author === undefined ? {} : { author: person(story, d.author) }),
  ...(d.committer === undefined
    ? {}
    : { committer: d.committer === "web-flow" ? ("web-flow" as const) : person(story, d.committer) }),
  ...(d.coauthors ? { coauthors: d.coauthors.map((name) => person(story, name)) } : {}),
});
const repoOf = (story: Story, d: Details): Repository => {
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

/** The issue of a use of break-glass. */
function reviewOf(story: Story, name: string): { repo: Repository; number: number } {
  const { repo, pull } = pullOf(story, name);
  const found = [...repo.issues.values()].find(({ body }) => body.includes(`after-review:${repo.id}#${pull.number} `));
  if (!found) throw new Error(`${name} owes no review`);
  return { repo, number: found.number };
}

const open: Deed = (story, who, name, d) => {
  const repo = repoOf(story, d);
  const from = d.on === undefined ? repo.git.tip(repo.defaultBranch) : repo.git.at(pullOf(story, d.on).pull.head);
  const { edit, paths } = editOf(from.tree, name, d);
  if (d.on !== undefined) repo.push(name, from.sha, person(story, who), story.clock.now());
  story.push(repo, name, (tree) => edited(tree, edit), person(story, who), how(story, d));
  const pull = story.github.open(repo, {
    author: person(story, who),
    title: name,
    draft: d.draft ?? false,
    base: d.base ?? repo.defaultBranch,
    branch: name,
  });
  if (d.fork) pull.headRepository = story.github.named("evil/infra")?.id ?? null;
  story.pulls.set(name, { repo, pull, paths });
};

const push: Deed = (story, who, name, d) => {
  const { repo, pull, paths } = pullOf(story, name);
  const made = editOf(repo.git.at(pull.head).tree, name, d);
  story.push(repo, pull.branch, made.edit, person(story, who), how(story, d));
  story.pulls.set(name, { repo, pull, paths: [...new Set([...paths, ...made.paths])] });
};

const pushMain: Deed = (story, who, _, d) => {
  const repo = repoOf(story, d);
  const { edit } = editOf(repo.git.tip(repo.defaultBranch).tree, "direct", d);
  story.push(repo, repo.defaultBranch, edit, person(story, who), how(story, d));
};

const review =
  (state: "APPROVED" | "CHANGES_REQUESTED"): Deed =>
  (story, who, name) => {
    const { repo, pull } = pullOf(story, name);
    story.github.review(repo, pull, story.github.person(who), state);
  };

const dismiss: Deed = (story, who, name) => {
  const { repo, pull } = pullOf(story, name);
  pull.reviews = pull.reviews.map((r) => (r.author?.login === who ? { ...r, state: "DISMISSED" } : r));
  story.github.touched(repo, pull.number);
};

const membership =
  (joins: boolean): Deed =>
  (story, who, team) => {
    const members = story.github.teams.get(team) ?? new Set();
    if (joins) members.add(who);
    else members.delete(who);
    story.github.teams.set(team, members);
    everything(story);
  };

/** Webhooks of members and teams ask for a look at everything. */
const everything = (story: Story): void => {
  for (const repo of story.github.repositories.values())
    for (const pull of repo.pulls.values()) story.github.touched(repo, pull.number);
};

const deleteAccount: Deed = (story, who) => {
  for (const repo of story.github.repositories.values())
    for (const pull of repo.pulls.values()) {
      if (pull.author?.login === who) pull.author = null;
      pull.reviews = pull.reviews.map((r) => (r.author?.login === who ? { ...r, author: null } : r));
      story.github.touched(repo, pull.number);
    }
};

const write =
  (may: boolean): Deed =>
  (story, who) => {
    for (const repo of story.github.repositories.values()) {
      if (may) repo.writers.add(who);
      else repo.writers.delete(who);
    }
    everything(story);
  };

const sentences: readonly (readonly [RegExp, Deed])[] = [
  [/^(\w+) (?:asks for|opens) (\w+)$/, open],
  [/^(\w+) pushes to (\w+)$/, push],
  [/^(\w+) pushes straight to (main)$/, pushMain],
  [
    /^(\w+) force-pushes (\w+) back$/,
    (story, who, name) => {
      const { repo, pull } = pullOf(story, name);
      const [before] = repo.git.at(pull.head).parents;
      if (before) story.github.push(repo, pull.branch, before, person(story, who));
    },
  ],
  [/^(\w+) approves (\w+)$/, review("APPROVED")],
  [/^(\w+) requests changes on (\w+)$/, review("CHANGES_REQUESTED")],
  [/^(\w+)'s review of (\w+) is dismissed$/, dismiss],
  [
    /^(\w+) merges (\w+) by hand$/,
    (story, who, name) => {
      const { repo, pull } = pullOf(story, name);
      if (!story.github.squash(repo, pull, story.github.person(who))) throw new Error(`${name} does not merge`);
    },
  ],
  [
    /^(\w+) pushes a merge of (\w+) made by hand$/,
    (story, who, name) => {
      const { repo, pull } = pullOf(story, name);
      const tip = repo.git.tip(repo.defaultBranch);
      const by = story.github.person(who);
      const tree = repo.git.merged(tip.sha, pull.head) ?? tip.tree;
      const at = story.clock.now();
      const made = repo.git.commit({ parents: [tip.sha, pull.head], tree, authors: [by], committer: by, at });
      story.github.finish(repo, pull, made.sha, by);
      story.github.push(repo, repo.defaultBranch, made.sha, by);
    },
  ],
  [
    /^(\w+) closes (\w+)$/,
    (story, who, name) => {
      const { repo, pull } = pullOf(story, name);
      story.github.finish(repo, pull, null, story.github.person(who));
    },
  ],
  [
    /^(\w+) reopens (\w+)$/,
    (story, _, name) => {
      const { repo, pull } = pullOf(story, name);
      pull.state = "open";
      pull.reopenedAt = story.clock.now();
      story.github.touched(repo, pull.number);
    },
  ],
  [
    /^(\w+) marks (\w+) as ready$/,
    (story, _, name) => {
      const { repo, pull } = pullOf(story, name);
      pull.draft = false;
      story.github.touched(repo, pull.number);
    },
  ],
  [
    /^(\w+) retargets (\w+)$/,
    (story, _, name, { base = "release" }) => {
      const { repo, pull } = pullOf(story, name);
      if (!repo.git.branches.has(base)) repo.git.branches.set(base, repo.git.tip(repo.defaultBranch).sha);
      pull.base = base;
      story.github.touched(repo, pull.number);
    },
  ],
  [/^(\w+) joins ([\w-]+\/[\w-]+)$/, membership(true)],
  [/^(\w+) leaves ([\w-]+\/[\w-]+)$/, membership(false)],
  [
    /^(root) makes ([\w-]+\/[\w-]+) secret$/,
    (story, _, team) => {
      story.github.secretTeams.add(team);
      everything(story);
    },
  ],
  [/^(\w+) (loses write)$/, write(false)],
  [/^(\w+) (gains write)$/, write(true)],
  [/^(\w+)'s (account) is deleted$/, deleteAccount],
  [
    /^(\w+) says on (\w+)$/,
    (story, who, name, { text = "" }) => {
      const { repo, pull } = pullOf(story, name);
      story.github.say(repo, pull.number, story.github.person(who), text);
    },
  ],
  [
    /^(\w+) says on an issue of (\w+)$/,
    (story, who, login, { text = "" }) => {
      const number = ++story.home.numbers;
      const author = story.github.person(login);
      story.home.issues.set(number, { number, author, title: "a question", body: "", state: "open" });
      story.github.say(story.home, number, story.github.person(who), text);
    },
  ],
  [
    /^(\w+) says on the review of (\w+)$/,
    (story, who, name, { text = "" }) => {
      const { repo, number } = reviewOf(story, name);
      story.github.say(repo, number, story.github.person(who), text);
    },
  ],
  [
    /^(\w+) puts words into the review of (\w+)$/,
    (story, _, name, { text = "" }) => {
      const { repo, number } = reviewOf(story, name);
      const said = repo.comments.get(number)?.findLast((one) => one.author?.kind === "user");
      Object.assign(said ?? {}, { body: text, edited: true });
      story.github.hints.add(`issue:${repo.id}:${number}`);
    },
  ],
  [
    /^(\w+) closes the review of (\w+)$/,
    (story, _, name) => {
      const { repo, number } = reviewOf(story, name);
      Object.assign(repo.issues.get(number) ?? {}, { state: "closed" });
      story.github.hints.add(`issue:${repo.id}:${number}`);
    },
  ],
  [
    /^(\w+) deletes the review of (\w+)$/,
    (story, _, name) => {
      const { repo, number } = reviewOf(story, name);
      repo.issues.delete(number); // that webhook names an issue of which nobody knows any more whether it was ours
    },
  ],
  [
    /^(\w+) says that (\w+) does not merge$/,
    (story, _who, _name, { text = "Required status check is expected." }) => {
      story.github.mergeRefused = { status: 405, message: text };
    },
  ],
  [
    /^(\w+) lets (\w+) merge again$/,
    (story) => {
      story.github.mergeRefused = undefined;
      everything(story);
    },
  ],
  [
    /^(root) transfers (\S+) to evil$/,
    (story, _, name) => {
      const repo = story.github.named(name);
      if (repo) repo.ownerId = story.github.owner("evil");
      everything(story);
    },
  ],
  [
    /^(root) uninstalls the App from (\S+)$/,
    (story, _, name) => {
      const repo = story.github.named(name);
      if (repo) repo.installed = false;
      everything(story);
    },
  ],
  [
    /^(root) changes the workflow of (\S+)$/,
    (story, _, name) => {
      const repo = story.github.named(name);
      if (!repo) throw new Error(`no repository ${name}`);
      const file = ".github/workflows/delete-bucket.yml";
      const text = `${repo.git.tip("main").tree.get(file)?.text ?? ""}# ${blobId(String(story.clock.now()))}\n`;
      story.push(repo, "main", { [file]: text }, story.github.person("root"));
      everything(story);
    },
  ],
];

/** Does what one sentence says, without anybody noticing it yet. */
export function perform(story: Story, sentence: string, details: Details & { readonly text?: string } = {}): void {
  for (const [shape, deed] of sentences) {
    const [, who, what] = shape.exec(sentence) ?? [];
    if (who !== undefined && what !== undefined) return deed(story, who, what, details);
  }
  throw new Error(`no such sentence: ${sentence}`);
}

/** `2h pass`, in seconds; undefined where a sentence is no such. */
export function passing(sentence: string): number | undefined {
  const [, text] = /^(\S+) pass(?:es)?$/.exec(sentence) ?? [];
  return text === undefined ? undefined : parseDuration(text);
}
