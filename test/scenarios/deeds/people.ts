import { type Deed, everything, type Sentences } from "./details.ts";

const membership =
  (joins: boolean): Deed =>
  (story, who, team) => {
    const members = story.github.teams.get(team) ?? new Set();
    if (joins) members.add(who);
    else members.delete(who);
    story.github.teams.set(team, members);
    everything(story);
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
/** Who belongs to what, and may do what. */
export const ofPeople: Sentences = [
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
  // GitHub sends no webhook of it.
  [/^(\w+) renames (?:herself|himself) (\w+)$/, (story, who, name) => story.github.rename(who, name)],
];
