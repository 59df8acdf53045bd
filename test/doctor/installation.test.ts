import { readFileSync } from "node:fs";
import { load } from "js-yaml";
import { expect, test } from "vitest";
import type { Facts, InstallationFacts } from "../../src/doctor/index.ts";
import { appEvents, appPermissions } from "../../src/doctor/installation.ts";
import { scopes } from "../../src/github/scopes.ts";
import { brief, facts, find, read, unreadable } from "./facts.ts";

const installed = (more: Partial<InstallationFacts>): Partial<Facts> => {
  const { installation } = facts();
  if (installation.kind !== "read" || installation.value === null) throw new Error("fixture");
  return { installation: read({ ...installation.value, ...more }) };
};

test("what the App needs is what app.yml asks for, and every scope of its tokens is within", () => {
  const manifest = load(readFileSync("app.yml", "utf8")) as { default_permissions: object; default_events: string[] };
  expect(appPermissions).toEqual(manifest.default_permissions);
  expect(appEvents).toEqual(manifest.default_events);
  const levels = ["read", "write"];
  for (const scope of Object.values(scopes))
    for (const [name, level] of Object.entries(scope))
      expect(levels.indexOf(appPermissions[name] ?? "")).toBeGreaterThanOrEqual(levels.indexOf(level));
});

test("a permission or an event that is missing, one too many, a suspension", () => {
  const [lacks] = find(installed({ permissions: { ...appPermissions, contents: "read", checks: "" } }));
  expect(lacks).toMatchObject({
    level: "error",
    code: "app-permissions",
    what: "Our App's installation lacks contents: write and checks: write.",
  });
  expect(lacks?.cure).toContain("https://github.com/organizations/acme/settings/installations/9");
  expect(find(installed({ events: appEvents.filter((e) => e !== "push") }))[0]).toMatchObject({
    level: "warning",
    code: "app-events",
    what: "Our App is not told of push.",
  });
  expect(find(installed({ permissions: { ...appPermissions, administration: "write" } }))[0]).toMatchObject({
    level: "warning",
    code: "app-power",
  });
  expect(brief(installed({ suspended: true }))).toEqual(["error app-installation"]);
});

test("an account of a person has no members and no teams to be told of", () => {
  const { members: _, ...permissions } = appPermissions;
  const more = installed({ permissions, events: appEvents.filter((e) => e !== "membership") });
  expect(brief({ ...more, organization: false })).toEqual([]);
  expect(brief(more)).toEqual(["error app-permissions", "warning app-events"]);
});

test("no installation is an error", () => {
  expect(brief({ installation: read(null) })).toEqual(["error app-installation"]);
});

test("an installation that is not shown is unknown, and says what would help", () => {
  expect(find({ installation: unreadable })[0]).toMatchObject({ level: "unknown", cure: "To see it: an admin." });
  expect(find({ installation: unreadable, app: null }).find((f) => f.code === "app-installation")?.cure).toContain(
    "--app",
  );
});

test("target repositories: of another owner, without the App, not shown, with a subject of their own", () => {
  const infra = { fullName: "acme/infra", owner: read(52), installed: read(true), subject: read("default" as const) };
  expect(brief({ targets: [{ ...infra, owner: read(53) }] })).toEqual(["error target-owner"]);
  expect(brief({ targets: [{ ...infra, fullName: "evil/infra", owner: unreadable }] })).toEqual(["error target-owner"]);
  expect(brief({ targets: [{ ...infra, installed: read(false) }] })).toEqual(["error target-repository"]);
  expect(brief({ targets: [{ ...infra, installed: unreadable }] })).toEqual(["unknown target-repository"]);
  expect(brief({ targets: [{ ...infra, subject: read(["repo", "context"]) }] })).toEqual(["note target-subject"]);
  expect(brief({ targets: [{ ...infra, subject: unreadable }] })).toEqual([]); // it decides nothing
  expect(brief({ notLookedAt: 3 })).toEqual(["unknown not-looked-at"]);
});
