import { digestOf } from "../base/canonical-json.ts";
import type { Digest } from "../base/ids.ts";
import { parseCodeowners } from "./codeowners.ts";
import { type Lookups, ownersOf } from "./owners-of.ts";
import { fileStart, finding, hasErrors, inOrder, nowhere, quote } from "./diagnostics.ts";
import { codeownersPlaces, parseTargetPath, settingsPath } from "./policy-paths.ts";
import { parseSettings } from "./settings-file.ts";
import { didYouMean } from "./suggest.ts";
import { parseTarget } from "./target-file.ts";
import type { Codeowners, Diagnostic, Locate, Policy, PolicyFiles, Settings, Target, TreeFile } from "./types.ts";

/** The policy of one commit, or why it cannot be in force. The digest is known either way. */
export type LoadedPolicy =
  | { readonly ok: true; readonly policy: Policy; readonly diagnostics: readonly Diagnostic[] }
  | { readonly ok: false; readonly digest: Digest; readonly diagnostics: readonly Diagnostic[] };

/** Digest over git's ids of settings, `targets/` and the three places of CODEOWNERS (DESIGN.md section 4, Policy in force). */
export function policyDigest(files: PolicyFiles): Digest {
  return digestOf({
    v: 1,
    settings: files.settings?.oid ?? null,
    targets: files.targetsTree ?? null,
    codeowners: files.codeowners.map((file) => file?.oid ?? null),
  });
}

const plainFile = 0o100644;
// Whoever can open a pull request can have its policy loaded (CHECKLIST C15): what one costs must not grow with what is in it.
const maxTargets = 200;
const maxCharacters = 1_048_576;
/** Rules of CODEOWNERS that are tried for all policy paths together; where files are made to be slow, about a second. */
const maxLookups = 1_000_000;
/** Names that are looked for among the targets, which is what costs most. */
const mostHints = 10;

/**
 * Parses and checks everything that decides who may grant what. `ok` only where all of it is plain, parses, fits together,
 * and every policy path has owners. Never throws.
 */
export function loadPolicy(files: PolicyFiles): LoadedPolicy {
  const digest = policyDigest(files);
  const diagnostics: Diagnostic[] = [];
  const all = [files.settings, ...files.targets, ...files.codeowners].filter((file) => file !== undefined);
  for (const file of all) diagnostics.push(...plain(file));

  const settings = files.settings === undefined ? undefined : parseSettings(files.settings.text, settingsPath);
  if (settings === undefined)
    diagnostics.push(finding("CS2003", settingsPath, fileStart, `There is no ${settingsPath}.`));
  else diagnostics.push(...settings.diagnostics);

  const targets = new Map<string, Target>();
  const places = new Map<string, Locate>();
  const tooMany = tooManyTargets(files.targets);
  diagnostics.push(...tooMany);
  for (const file of tooMany.length > 0 ? [] : files.targets) {
    if (parseTargetPath(file.path) === undefined) {
      diagnostics.push(finding("CS2002", file.path, fileStart, "Only files targets/<name>.yml belong here."));
      continue;
    }
    const parsed = parseTarget(file.text, file.path);
    diagnostics.push(...parsed.diagnostics);
    if (!parsed.ok) continue;
    targets.set(parsed.value.name, parsed.value);
    places.set(parsed.value.name, parsed.at ?? nowhere);
  }
  const codeowners = parseCodeowners(files.codeowners);
  diagnostics.push(...codeowners.diagnostics);
  if (tooMany.length === 0) diagnostics.push(...unowned(codeowners, files.targets));
  if (settings?.ok) diagnostics.push(...together(settings.value, settings.at, targets, places));

  const sorted = inOrder(diagnostics);
  if (!settings?.ok || hasErrors(diagnostics)) return { ok: false, digest, diagnostics: sorted };
  return { ok: true, policy: { digest, settings: settings.value, targets, codeowners }, diagnostics: sorted };
}

/** Counted before any is read. */
function tooManyTargets(targets: readonly TreeFile[]): Diagnostic[] {
  const tell = (file: TreeFile | undefined, message: string): Diagnostic[] =>
    file === undefined ? [] : [finding("CS2032", file.path, fileStart, message)];
  if (targets.length > maxTargets)
    return tell(targets[maxTargets], `targets/ holds ${targets.length} files, of at most ${maxTargets}.`);
  let size = 0;
  const over = targets.find((file) => (size += file.text?.length ?? 0) > maxCharacters);
  return tell(over, "The files of targets/ are larger than 1 MiB together.");
}

/** A link, submodule, executable or folder may show one thing and be another (CHECKLIST C12). */
function plain(file: TreeFile): Diagnostic[] {
  if (file.mode === plainFile) return [];
  const mode = file.mode.toString(8);
  const message = `This is ${kindsOfEntry[mode] ?? "no plain file"} (git mode ${mode}).`;
  const hint = mode === "100755" ? "Run `chmod -x` on it and commit it again." : undefined;
  return [finding("CS2001", file.path, fileStart, message, { hint })];
}

const kindsOfEntry: Readonly<Record<string, string>> = {
  "40000": "a folder",
  "100755": "an executable file",
  "120000": "a symbolic link",
  "160000": "a submodule",
};

/** Every policy path has owners, there or not: who may add one could change the policy (CHECKLIST C11). */
function unowned(codeowners: Codeowners, targets: readonly TreeFile[]): Diagnostic[] {
  // No line of such a file owns anything: to say so of every path would only hide what is wrong.
  if (codeowners.rules.length === 0 && hasErrors(codeowners.diagnostics)) return [];
  // A name that nobody uses stands for every target that does not exist yet.
  const newTarget = "targets/0-any-new-target-0.yml";
  const paths = [settingsPath, ...codeownersPlaces, ...targets.map((file) => file.path), newTarget];
  const lookups: Lookups = { left: maxLookups };
  const found = paths.flatMap((path) => {
    const rule = ownersOf(codeowners, path, lookups);
    const counting = rule?.owners.filter((owner) => owner.kind !== "email") ?? [];
    if (counting.length > 0) return [];
    const place = rule ? { line: rule.line, column: 1, length: rule.pattern.length } : fileStart;
    const what = path === newTarget ? "A new file in targets/" : quote(path, 200);
    const hint = `Add a line such as \`/${path === newTarget ? "targets/" : path} @org/team\` at the end of ${codeowners.path}.`;
    const message = `${what} has no owners: GitHub would ask nobody; Countersign denies.`;
    return [finding("CS3005", codeowners.path, place, message, { hint })];
  });
  if (lookups.left >= 0) return found;
  const message = `Looking up the owners of ${paths.length} policy paths takes too long. Countersign denies everything until it is mended.`;
  return [finding("CS3012", codeowners.path, fileStart, message)];
}

/** What settings and targets say against each other. */
function together(
  settings: Settings,
  settingsAt: Locate,
  targets: ReadonlyMap<string, Target>,
  places: ReadonlyMap<string, Locate>,
): Diagnostic[] {
  const found: Diagnostic[] = [];
  const audiences = new Map<string, string>();
  for (const [name, target] of targets) {
    const file = `targets/${name}.yml`;
    const at = places.get(name) ?? nowhere;
    for (const [roleName, role] of target.roles) {
      if (role.approvals !== undefined && role.approvals < settings.approvals) {
        const message = `${role.approvals} is less than the ${settings.approvals} that the settings want of every role.`;
        const hint = `Write ${settings.approvals} or more, or remove the key.`;
        found.push(finding("CS2004", file, at(["roles", roleName, "approvals"]), message, { hint }));
      }
      if (role.kind !== "oidc") continue;
      // One relying party could not tell two targets apart by audience.
      const other = audiences.get(role.audience);
      if (other !== undefined && other !== name) {
        const message = `The target ${other} has this audience already, and a token of one would pass for one of the other.`;
        found.push(finding("CS1017", file, at(["roles", roleName, "audience"]), message));
      }
      audiences.set(role.audience, name);
    }
  }
  let hints = 0;
  for (const [i, entry] of settings.frozen.entries()) {
    if (entry.kind !== "target" || targets.has(entry.target)) continue;
    const hint = hints++ < mostHints ? didYouMean(entry.target, targets.keys()) : undefined;
    found.push(
      finding(
        "CS2005",
        settingsPath,
        settingsAt(["frozen", i, "target"]),
        `There is no target ${quote(entry.target)}.`,
        {
          hint,
        },
      ),
    );
  }
  return found;
}
