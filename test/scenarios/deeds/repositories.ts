import { blobId } from "../model/git.ts";
import { type Deed, editOf, everything, how, person, repoOf, type Sentences } from "./details.ts";

const pushMain: Deed = (story, who, _, d) => {
  const repo = repoOf(story, d);
  const { edit } = editOf(repo.git.tip(repo.defaultBranch).tree, "direct", d);
  story.push(repo, repo.defaultBranch, edit, person(story, who), how(story, d));
};
/** What happens to repositories without any pull request. */
export const onRepositories: Sentences = [
  [/^(\w+) pushes straight to (main)$/, pushMain],
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
