import { relative, sep } from "node:path";
import type { RequestPath } from "../access-repo/types.ts";
import { forTerminal } from "../base/text.ts";
import { shellWord } from "./shell.ts";

export interface NewRequestOnDisk {
  /** The access repo's folder and the working folder, absolute and without links. */
  readonly root: string;
  readonly cwd: string;
  readonly path: RequestPath;
  /** The branch that requests are merged to, as git names it; undefined where it is not known. */
  readonly base: string | undefined;
  /** What is asked, in a few words. */
  readonly title: string;
}

/**
 * The commands that make a pull request of a new file, for a POSIX shell in the working folder. The branch starts at the base:
 * a pull request that holds anything but requests is refused, so what else was committed here must not come along.
 */
export function gitCommands({ root, cwd, path, base, title }: NewRequestOnDisk): readonly string[] {
  const inside = cwd === root || cwd.startsWith(`${root}${sep}`);
  const branch = `request/${path.target}/${path.name}`;
  const start = base === undefined ? undefined : shellWord(base);
  return [
    ...(inside ? [] : changeFolder(relative(cwd, root))),
    start === undefined ? `git switch -c ${branch}` : `git switch --no-track -c ${branch} ${start}`,
    `git add ${inside ? pathFrom(root, cwd, path.path) : path.path}`,
    // One line by the rule of prose; what a terminal would not show was refused with it.
    `git commit -m ${shellWord(forTerminal(title, 200)) ?? branch}`,
    `git push -u origin ${branch}`,
    "gh pr create --fill",
  ];
}

/** Nothing where the name of a folder cannot be shown as it is: then people go there by themselves. */
function changeFolder(folder: string): readonly string[] {
  const word = shellWord(folder.startsWith("-") ? `./${folder}` : folder);
  return word === undefined ? [] : [`cd ${word}`];
}

/** A path of the repo has plain characters only; the folders from here to its top have names of people, and `..` is enough. */
function pathFrom(root: string, cwd: string, path: string): string {
  const up = relative(cwd, root);
  return up === "" ? path : `${up.split(sep).join("/")}/${path}`;
}
