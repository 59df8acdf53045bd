import { nameSource } from "./names.ts";

/** GitHub's order: the first that exists is in force. */
export const codeownersPlaces = [".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS"] as const;
export const settingsPath = ".github/countersign.yml";

const target = new RegExp(`^targets/(${nameSource})\\.yml$`);

/** The name of a target from its path; undefined for any other path. */
export const parseTargetPath = (path: string): string | undefined =>
  path.length <= 100 ? target.exec(path)?.[1] : undefined;

/**
 * True for a path whose content decides who may grant what: settings, everything at or under `targets`, and the three places
 * of CODEOWNERS, there or not (DESIGN.md section 1, policy).
 */
export const isPolicyPath = (path: string): boolean =>
  path === settingsPath ||
  path === "targets" ||
  path.startsWith("targets/") ||
  codeownersPlaces.some((place) => place === path) ||
  // A file, link or submodule in place of the folder replaces all that is in it.
  path === ".github" ||
  path === "docs";
