import { parseDuration } from "../base/duration.ts";
import { parseOwner } from "./owner.ts";
import { integer, leaf, pattern } from "./schema.ts";

// The small values that several files spell the same way (DESIGN.md section 3).

/** Targets and requests. */
export const nameSource = "[a-z0-9][a-z0-9-]{0,62}";
/** Roles and sets. A colon is impossible, so that a subject has one reading (CHECKLIST C55). */
const roleSource = "[a-z0-9][a-z0-9-]{0,31}";

export const targetName = pattern("a target name such as aws-prod", new RegExp(`^${nameSource}$`), 63);
export const roleName = pattern("a name of a-z, 0-9 and -, at most 32 long", new RegExp(`^${roleSource}$`), 32);

const units = {
  m: "m",
  min: "m",
  mins: "m",
  minute: "m",
  minutes: "m",
  h: "h",
  hr: "h",
  hrs: "h",
  hour: "h",
  hours: "h",
};
const allUnits: Readonly<Record<string, string>> = { ...units, d: "d", day: "d", days: "d" };

/** `1 hour`, `90 min`, `1h30m`: what people write for `1h` and `90m`. */
function durationMeant(text: string): string | undefined {
  const [, count, unit = ""] = /^([1-9][0-9]{0,5}) ?([A-Za-z]{1,7})$/.exec(text) ?? [];
  const short = allUnits[unit.toLowerCase()];
  if (count !== undefined && short !== undefined) return `${count}${short}`;
  const [, hours, minutes] = /^([1-9][0-9]{0,3})h ?([0-5]?[0-9])m$/i.exec(text) ?? [];
  return hours === undefined || minutes === undefined ? undefined : `${Number(hours) * 60 + Number(minutes)}m`;
}

/** At least one minute, except where `0m` has a meaning. */
export const duration = (min: number, max = 366 * 86_400) =>
  leaf(
    min === 0 ? "a duration such as 0m, 15m or 1h" : "a duration such as 30m, 4h or 7d",
    (text) => {
      const seconds = parseDuration(text);
      return seconds !== undefined && seconds >= min && seconds <= max ? seconds : undefined;
    },
    { json: { pattern: "^(0|[1-9][0-9]{0,5})[mhd]$" }, meant: durationMeant },
  );

export const owner = leaf(
  "an owner such as @login or @org/team",
  (text) => {
    const parsed = parseOwner(text);
    // Policy lists name accounts; an address stands for nobody in particular.
    return parsed?.kind === "email" ? undefined : parsed;
  },
  { json: { pattern: "^@" }, meant: (text) => (text.startsWith("@") ? undefined : `@${text}`) },
);

/** One line of prose between two lengths, counted in characters as people count them. */
export const prose = (min: number, max: number) =>
  leaf(
    `one line of ${min} to ${max} characters`,
    (text) => {
      const length = text.length > 4 * max ? Number.POSITIVE_INFINITY : Array.from(text).length;
      return length >= min && length <= max && text.trim() === text && !/[\r\n\t]/.test(text) ? text : undefined;
    },
    { json: { minLength: min, maxLength: max } },
  );

/** An account's login, with or without the @, as owners spell it; `[bot]` accounts do not ask or approve. */
export const login = leaf("a login such as @alice", (text) => {
  const parsed = parseOwner(text.startsWith("@") ? text : `@${text}`);
  return parsed?.kind === "user" ? parsed.login : undefined;
});

export const approvals = integer(1, 20);

const repositoryName = "[A-Za-z0-9._-]{1,100}";
const ownerName = "[A-Za-z0-9](?:-?[A-Za-z0-9_]){0,99}";

/** `https://github.com/acme/infra.git` and `git@github.com:acme/infra`: what a person copies. */
const repositoryMeant = (text: string): string | undefined =>
  /^(?:https:\/\/[a-z0-9.-]{1,100}\/|git@[a-z0-9.-]{1,100}:)([^/\s]{1,100}\/[^/\s]{1,100}?)(?:\.git)?\/?$/i.exec(
    text,
  )?.[1];

export const repository = leaf(
  "a repository such as acme/infra",
  (text) =>
    text.length <= 201 && new RegExp(`^${ownerName}/${repositoryName}$`).test(text) && !/\/\.{1,2}$/.test(text)
      ? text
      : undefined,
  { json: { pattern: "^[^/]+/[^/]+$" }, meant: repositoryMeant },
);

const fileSource = String.raw`\.github/workflows/[A-Za-z0-9_][A-Za-z0-9._ -]{0,199}\.ya?ml`;
export const workflowFile = pattern(
  "a path such as .github/workflows/deploy.yml",
  new RegExp(`^${fileSource}$`),
  230,
  (text) => `.github/workflows/${text.replace(/^\/|^\.\//, "").replace(/^(?:\.github\/)?(?:workflows\/)?/, "")}`,
);

/** By git's own rules for names, and full: a branch and a tag of one name are two things. */
export const gitRef = leaf(
  "a full ref such as refs/heads/main or refs/tags/v1",
  (text) => (isGitRef(text) ? text : undefined),
  {
    json: { pattern: "^refs/(heads|tags)/" },
    // `v1` is a tag as often as a branch: only the two names that are branches everywhere are clear.
    meant: (text) =>
      /^(?:heads\/)?(?:main|master)$/.test(text) ? `refs/heads/${text.replace(/^heads\//, "")}` : undefined,
  },
);

/** git-check-ref-format: no `..`, `@{`, `//`, `.lock`, control or glob characters; ASCII only here. */
function isGitRef(text: string): boolean {
  if (text.length > 255 || !/^refs\/(?:heads|tags)\/[!-~]+$/.test(text) || /[\^:?*[\\~]|\.\.|@\{|\/\/|[./]$/.test(text))
    return false;
  return text
    .split("/")
    .every((part) => part !== "" && !part.startsWith(".") && !part.endsWith(".lock") && part !== "@");
}

export const environment = prose(1, 255);
export const commit = pattern("a commit id of 40 hex digits", /^[0-9a-f]{40}$/, 40, (text) => text.toLowerCase());
export const reusable = leaf("acme/pipelines/.github/workflows/x.yml@<40 hex>", (text) =>
  text.length <= 500 && new RegExp(`^${ownerName}/${repositoryName}/${fileSource}@[0-9a-f]{40}$`).test(text)
    ? text
    : undefined,
);

/** RFC 3339 in UTC with `Z`, whole seconds; a date that does not exist (30 February) is refused, not moved. */
export const instant = leaf(
  "a time such as 2026-11-24T09:00:00Z",
  (text) => {
    if (!/^20[0-9]{2}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9]Z$/.test(text)) return undefined;
    const date = new Date(text);
    return !Number.isNaN(date.getTime()) && date.toISOString() === text.replace("Z", ".000Z") ? date : undefined;
  },
  { json: { format: "date-time" }, meant: instantMeant },
);

/** The same instant with an offset, without seconds, or with a space for the T. Without an offset nothing is clear. */
function instantMeant(text: string): string | undefined {
  const parts = /^(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d)(:\d\d)?(?:\.0+)?([Zz]|[+-]\d\d:\d\d)$/.exec(text);
  if (!parts) return undefined;
  const [, day = "", minutes = "", seconds = ":00", zone = "Z"] = parts;
  // Only a day that exists: Date would move 30 February to March.
  const midnight = new Date(`${day}T00:00:00Z`);
  if (Number.isNaN(midnight.getTime()) || midnight.toISOString().slice(0, 10) !== day) return undefined;
  const date = new Date(`${day}T${minutes}${seconds}${zone.toUpperCase()}`);
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString().replace(".000Z", "Z");
}
