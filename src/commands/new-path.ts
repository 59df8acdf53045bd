import { lstat } from "node:fs/promises";
import { join } from "node:path";
import { parseRequestPath } from "../access-repo/index.ts";
import type { RequestPath } from "../access-repo/types.ts";
import { nameFrom } from "./draft-request.ts";
import { type History, openRepo, readHistory } from "./history.ts";
import { Misuse } from "./misuse.ts";
import { shown } from "./place.ts";

/** The names of one folder of requests, those of the past too. */
export interface Names {
  readonly root: string;
  /** `requests/aws-prod/2026-11` */
  readonly folder: string;
  /** What was asked for, or made from the reason. A name that was asked for is taken or refused, never changed. */
  readonly name: string;
  readonly asked: boolean;
  readonly history: History;
}

/** What git knows of names that were used before, and whether there is a git repository at all. */
export async function pastOf(root: string): Promise<{ readonly isClone: boolean; readonly history: History }> {
  const repo = await openRepo(root);
  if ("gap" in repo) return { isClone: false, history: repo };
  return { isClone: true, history: await readHistory(repo, undefined) };
}

/**
 * The first path from `number` on that no request has or had (C33): `name`, `name-2`, `name-3`, …
 * @throws Misuse where there is none
 */
export async function freePath(
  { root, folder, name, asked, history }: Names,
  from = 1,
): Promise<{ readonly path: RequestPath; readonly number: number }> {
  for (let number = from; number < 1000; number++) {
    const path = parseRequestPath(`${folder}/${number === 1 ? name : `${name}-${number}`}.yml`);
    if (path === undefined)
      throw new Misuse(`--name: write a name of a-z, 0-9 and -, such as ${nameFrom(name)}, not ${shown(name)}.`);
    if (!(await taken(root, path.path, history))) return { path, number };
    if (asked)
      throw new Misuse(`--name: ${path.path} is there or was there before. A name is used once: take another.`);
  }
  throw new Misuse(`Every name like ${name} is taken: choose one with --name.`);
}

/** By a file, a folder, a link that leads nowhere, or a file that was deleted since. */
async function taken(root: string, path: string, { used, committed, merged }: History): Promise<boolean> {
  if (used?.has(path) === true || committed?.has(path) === true || merged?.has(path) === true) return true;
  return await lstat(join(root, path)).then(
    () => true,
    (error: unknown) => !(error instanceof Error && "code" in error && notThere.has(error.code)),
  );
}

/** `ENOTDIR`: a file stands where a folder is wanted, which is told when it is written. */
const notThere = new Set<unknown>(["ENOENT", "ENOTDIR"]);
