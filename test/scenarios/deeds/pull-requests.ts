import { edited } from "../model/git.ts";
import { type Deed, editOf, everything, how, person, pullOf, repoOf, type Sentences } from "./details.ts";

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
/** A pull request of the very commit that another one is of. */
const openLike: Deed = (story, who, names, d) => {
  const [name = "", other = ""] = names.split(" at the commit of ");
  const { repo, pull, paths } = pullOf(story, other);
  repo.push(name, pull.head, person(story, who), story.clock.now());
  const base = d.base ?? repo.defaultBranch;
  const opened = story.github.open(repo, { author: person(story, who), title: name, draft: false, base, branch: name });
  story.pulls.set(name, { repo, pull: opened, paths });
};

/** Pull requests: from the first push to how they end. */
export const onPullRequests: Sentences = [
  [/^(\w+) (?:asks for|opens) (\w+)$/, open],
  [/^(\w+) opens (\w+ at the commit of \w+)$/, openLike],
  [
    /^(.+) posts a green check countersign on (\w+)$/,
    (story, app, name) => {
      const { repo, pull } = pullOf(story, name);
      story.github.postCheck(repo, { app, name: "countersign", head: pull.head, conclusion: "success" });
    },
  ],
  [/^(\w+) pushes to (\w+)$/, push],
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
];
