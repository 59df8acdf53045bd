import { parseRequest, parseRequestPath } from "../access-repo/index.ts";
import type { Diagnostic, Policy, PolicyFiles, RequestFile, RequestPath, Role, Target } from "../access-repo/types.ts";
import { openCatalogue } from "../action-catalogue/index.ts";
import { monthOf } from "./catalogue.ts";
import { type Draft, draftRequest, nameFrom } from "./draft-request.ts";
import type { History } from "./history.ts";
import { Misuse } from "./misuse.ts";
import { freePath, type Names } from "./new-path.ts";
import { shown } from "./place.ts";
import { pathsInRepo } from "./place-in-repo.ts";
import { readOnDisk } from "./plain-file.ts";
import { planRequest } from "./plan-request.ts";
import { chosen } from "./targets.ts";

/** Where a new request would stand. */
export interface Surroundings {
  /** The access repo's folder, absolute and without links. */
  readonly root: string;
  readonly cwd: string;
  readonly now: Date;
  readonly policy: Policy;
  readonly files: PolicyFiles;
  readonly history: History;
}

/** What is asked for: a role or an older request, and what was typed beside it. */
export interface Wish {
  /** `target/role`, or `target` where it has one role; undefined: the older request's. */
  readonly role: string | undefined;
  /** File of an older request. */
  readonly from: string | undefined;
  /** Name of the file; undefined: made from the reason. */
  readonly name: string | undefined;
  readonly draft: Draft;
}

/** The text of a request, the first name that is free for it, and what the checks say of it. */
export interface CheckedDraft {
  /** False: errors are among the diagnostics. */
  readonly ok: boolean;
  readonly diagnostics: readonly Diagnostic[];
  readonly text: string;
  readonly names: Names;
  readonly free: { readonly path: RequestPath; readonly number: number };
  /** What is asked, in a few words. */
  readonly title: string;
}

/**
 * Writes and checks a request as the check run will, but for what only GitHub knows.
 * @throws Misuse where no role, older request or name is what was asked for
 */
export async function checkDraft(around: Surroundings, wish: Wish): Promise<CheckedDraft> {
  const { root, policy, now, history } = around;
  const older = wish.from === undefined ? undefined : await olderRequest(around, wish.from);
  const [target, roleName, role] = roleOf(policy, wish.role, older);
  const { text, parsed } = draftRequest(
    { ...wish.draft, role: roleName },
    older && { file: older.file, kind: role.kind },
  );
  const names: Names = {
    root,
    folder: `requests/${target.name}/${monthOf(now)}`,
    name: wish.name ?? nameFrom(parsed.ok ? parsed.value.reason : ""),
    asked: wish.name !== undefined,
    history,
  };
  const free = await freePath(names);
  const draft = { text, names, free, title: `${target.name}/${roleName}: ${parsed.ok ? parsed.value.reason : ""}` };
  const basis = { policy, files: around.files, actions: await openCatalogue() };
  const checked = parsed.ok
    ? await planRequest(basis, { file: parsed.value, at: parsed.at, path: free.path, now, merged: false })
    : parsed;
  // The parser was told no path, since the name comes from what it read.
  const diagnostics = checked.diagnostics.map((d) => ({ ...d, file: free.path.path }));
  return { ...draft, ok: checked.ok, diagnostics };
}

interface Older {
  readonly path: RequestPath;
  readonly file: RequestFile;
}

function roleOf(policy: Policy, name: string | undefined, older: Older | undefined): readonly [Target, string, Role] {
  const wanted = name ?? (older === undefined ? undefined : `${older.path.target}/${older.file.role}`);
  if (wanted === undefined)
    throw new Misuse("Name what to ask for, such as aws-prod/operator; `countersign targets` lists it.");
  const [found, ...more] = chosen(policy, wanted);
  if (found !== undefined && more.length === 0) return found;
  const roles = [found, ...more].map((one) => `${wanted}/${one?.[1] ?? ""}`);
  throw new Misuse(`${wanted} has several roles: ${roles.join(", ")}. Name one.`);
}

async function olderRequest({ root, cwd }: Surroundings, from: string): Promise<Older> {
  const [given] = await pathsInRepo(root, cwd, [from]);
  const path = given === undefined ? undefined : parseRequestPath(given);
  if (path === undefined)
    throw new Misuse(`--from: ${shown(from)} is not a request: those are requests/<target>/[<YYYY-MM>/]<name>.yml.`);
  const file = await readOnDisk(root, path.path, 64 * 1024);
  if (file.kind !== "file") throw new Misuse(`--from: ${path.path} is not a plain file that can be read.`);
  const parsed = parseRequest(file.bytes.toString("utf8"), path.path);
  if (!parsed.ok)
    throw new Misuse(`--from: ${path.path} has errors; \`countersign validate ${path.path}\` shows them.`);
  return { path, file: parsed.value };
}
