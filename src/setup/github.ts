import { isAsked, prose, rolesOf, sorted, type Trusted } from "./common.ts";
import type { Setup, SetupInput } from "./types.ts";

/** As the settings page of an App names what its API calls otherwise. */
const shown: Readonly<Record<string, string>> = {
  pull_requests: "Pull requests",
  secret_scanning_alerts: "Secret scanning alerts",
  security_events: "Code scanning alerts",
  vulnerability_alerts: "Dependabot alerts",
};

/**
 * The second App, of which `github` targets give out tokens (DESIGN.md section 4, Least power over GitHub). One App serves all of
 * them, so its permissions are the union; each token has those of its request.
 */
export function setupGithub(input: SetupInput): Setup {
  const all = rolesOf(input, "github");
  const asked = all.filter((role) => isAsked(input, role));
  const others = all.filter((role) => !isAsked(input, role));
  return {
    ok: true,
    text: prose(input, input.remove ? remove(asked, others) : create(all, asked)),
    warnings: [],
  };
}

const repositoriesOf = (roles: readonly Trusted<"github">[]): readonly string[] =>
  sorted(roles.flatMap(({ role }) => role.repositories));

function create(all: readonly Trusted<"github">[], asked: readonly Trusted<"github">[]): string[] {
  return [
    "1. A second GitHub App, once for all github targets: Settings, Developer settings, GitHub Apps, New GitHub App, by the owner of",
    "   the repositories. Private (only on this account). No webhook, no callback URL. Never the App of APP_ID: a token of that one",
    "   could forge checks, ledger and merges.",
    "2. Its repository permissions, for all github roles of this access repo, and no others:",
    ...permissionsOf(all).map((line) => `     ${line}`),
    '3. Install it with "Only select repositories", never "All repositories". For these roles:',
    ...repositoriesOf(asked).map((name) => `     ${name}`),
    "   Never on an access repo: what a token can write there decides who gets what.",
    "4. Generate a private key, and give the server both, then restart it:",
    "     BROKER_APP_ID=<the App's id>",
    "     BROKER_PRIVATE_KEY=<the .pem file's text, or its base64>",
  ];
}

function remove(asked: readonly Trusted<"github">[], others: readonly Trusted<"github">[]): string[] {
  const needed = new Set(repositoriesOf(others).map((name) => name.toLowerCase()));
  const free = repositoriesOf(asked).filter((name) => !needed.has(name.toLowerCase()));
  const still = permissionsOf(others);
  return [
    "1. Settings of the second App's installation, repositories to take out (no other github role of this access repo needs them):",
    ...(free.length === 0 ? ["     none"] : free.map((name) => `     ${name}`)),
    ...(others.length === 0
      ? [
          "2. No other github role is left in this access repo. Where no other access repo of this server has one: delete the App, which",
          "   ends its tokens at once, and unset BROKER_APP_ID and BROKER_PRIVATE_KEY.",
        ]
      : ["2. Permissions that the App still needs; take the others away:", ...still.map((line) => `     ${line}`)]),
  ];
}

/** The union, the higher level of each: `Contents: write`. */
function permissionsOf(roles: readonly Trusted<"github">[]): readonly string[] {
  const levels = new Map<string, string>();
  for (const { role } of roles) {
    for (const [name, level] of Object.entries(role.permissions))
      if (level === "write" || !levels.has(name)) levels.set(name, level);
  }
  return [...levels]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, level]) => `${shown[name] ?? `${name.charAt(0).toUpperCase()}${name.slice(1)}`}: ${level}`);
}
