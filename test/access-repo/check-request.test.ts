import { describe, expect, test } from "vitest";
import { repositoryId } from "../../src/base/ids.ts";
import {
  checkRequest,
  loadPolicy,
  parseRequest,
  parseRequestPath,
  parseTarget,
  sameDispatch,
} from "../../src/access-repo/index.ts";
import {
  otherTarget,
  policyFiles,
  requestPathText,
  requestText,
  settingsText,
  targetText,
  treeFile,
} from "./examples.ts";
import { codesOf, placed, valueOf } from "./expect-codes.ts";

const now = new Date("2026-11-23T12:00:00Z");
interface World {
  readonly target?: string;
  readonly settings?: string;
  readonly path?: string;
  readonly merged?: boolean;
  readonly now?: Date;
  readonly repositoryId?: number;
}

function check(text: string, world: World = {}) {
  const loaded = loadPolicy(
    policyFiles({
      settings: treeFile(".github/countersign.yml", world.settings ?? settingsText),
      targets: [treeFile("targets/aws-prod.yml", world.target ?? targetText)],
    }),
  );
  if (!loaded.ok) expect.fail(JSON.stringify(loaded.diagnostics));
  const path = parseRequestPath(world.path ?? requestPathText);
  const parsed = parseRequest(text, requestPathText);
  if (path === undefined) expect.fail("path");
  if (!parsed.ok) return parsed;
  const id = world.repositoryId === undefined ? {} : { repositoryId: repositoryId(world.repositoryId) };
  return checkRequest({
    file: parsed.value,
    at: parsed.at,
    path,
    policy: loaded.policy,
    now: world.now ?? now,
    merged: world.merged ?? false,
    ...id,
  });
}
const found = (text: string, world?: World) => placed(check(text, world).diagnostics);
const edit = (from: string | RegExp, to: string, text = requestText) => {
  const changed = text.replace(from, to);
  if (changed === text) throw new Error(`nothing to replace: ${String(from)}`);
  return changed;
};
const least =
  "version: 1\nrole: operator\nreason: Delete the old log bucket\nticket: OPS-1\nworkflow: { file: .github/workflows/x.yml }\n";
const asking = (allow: string) => `${least}allow:\n  - ${allow}\n`;

describe("what a request becomes", () => {
  test("all written", () => {
    const value = valueOf(check(requestText));
    expect(value).toMatchObject({ roleName: "operator", duration: 3600, narrowed: true, runs: 1, ticket: "OPS-1423" });
    expect(value.allow).toEqual([{ actions: ["s3:DeleteBucket"], resources: ["arn:aws:s3:::acme-stale-logs"] }]);
  });
  test("the least: defaults from the role, its whole allow, and said so", () => {
    const value = valueOf(check(least));
    expect(value.workflow).toEqual({
      repository: "acme/infra",
      file: ".github/workflows/x.yml",
      ref: "refs/heads/main",
      environment: "production",
      actor: "requester",
    });
    expect(value).toMatchObject({ narrowed: false, duration: 3600, allow: { length: 2 } });
  });
  test("actions and resources at top level are one statement", () => {
    const value = valueOf(check(`${least}actions: [s3:GetObject]\nresources: ["arn:aws:s3:::acme-a/*"]\n`));
    expect(value.allow).toEqual([{ actions: ["s3:GetObject"], resources: ["arn:aws:s3:::acme-a/*"] }]);
    expect(found(`${least}actions: [s3:GetObject, s3:PutObject]\nresources: ["arn:aws:s3:::acme-a/*"]\n`)).toEqual([
      "6:25 CS2016",
    ]);
    expect(found(`${least}actions: [s3:GetObject]\n`)).toEqual(["6:1 CS1013"]);
    expect(found(edit("duration: 1h", "actions: [s3:GetObject]\nresources: ['*']"))).toEqual(["5:1 CS1013"]);
  });
  test("sets are expanded, and narrow", () => {
    const value = valueOf(check(`${least}sets: [tf-state]\n`));
    expect(value).toMatchObject({
      narrowed: true,
      allow: [{ actions: ["s3:GetObject"], resources: ["arn:aws:s3:::acme-tf/*"] }],
    });
    expect(check(`${least}sets: [tf-stat]\n`).diagnostics).toMatchObject([
      { code: "CS2018", line: 6, column: 8, hint: 'Did you mean "tf-state"?' },
    ]);
    const wide = edit('resources: ["arn:aws:s3:::acme-tf/*"]', 'resources: ["arn:aws:s3:::other/*"]', targetText);
    expect(found(`${least}sets: [tf-state]\n`, { target: wide })).toEqual(["6:8 CS2016"]);
  });
});

test("a slot that has begun is still one, until it is over", () => {
  for (const time of ["09:00:00", "09:59:59"])
    expect(found(requestText, { now: new Date(`2026-11-24T${time}Z`) })).toEqual(found(requestText));
});

describe("what is refused, at its place", () => {
  test.each<[string, string, World, string]>([
    ["an unknown target", requestText, { path: "requests/aws-prdo/x.yml" }, "1:1 CS2010"],
    ["an unknown role", edit("role: operator", "role: operatr"), {}, "2:7 CS2011"],
    ["too long", edit("duration: 1h", "duration: 5h"), {}, "6:11 CS2013"],
    [
      "shorter than what is held back",
      edit("duration: 1h", "duration: 5m"),
      { target: edit("last_issue_before_end: 0m", "last_issue_before_end: 10m", targetText) },
      "6:11 CS2013",
    ],
    ["no duration at all", least, { target: edit("duration: 1h, workflow", "workflow", targetText) }, "1:1 CS2014"],
    ["no ticket where one is wanted", edit("ticket: OPS-1423\n", ""), {}, "1:1 CS2015"],
    ["a ticket of another shape", edit("OPS-1423", "OPS1423"), {}, "4:9 CS2015"],
    ["a ticket of another project", edit("OPS-1423", "HR-1"), {}, "4:9 CS2015"],
    ["a ticket that only ends well", edit("OPS-1423", "X OPS-1423"), {}, "4:9 CS2015"],
    ["a start in the past", edit("2026-11-24", "2026-11-22"), {}, "7:8 CS2023"],
    ["a slot that ends just now", requestText, { now: new Date("2026-11-24T10:00:00Z") }, "7:8 CS2023"],
    ["a start more than 30 days ahead", edit("2026-11-24", "2026-12-24"), {}, "7:8 CS2023"],
    ["an environment outside the list", edit("environment: production", "environment: staging"), {}, "13:16 CS2022"],
    ["a workflow of another ref", edit("refs/heads/main", "refs/heads/mine"), {}, "12:8 CS2020"],
    ["a workflow of another owner", edit("acme/infra", "acme2/infra"), {}, "10:15 CS2020"],
    ["a workflow in another repository", edit("acme/infra", "acme/Infra"), {}, "10:15 CS2020"],
    [
      "a workflow of another owner and ref",
      edit("acme/infra", "acme2/infra", edit("heads/main", "heads/mine")),
      {},
      "9:1 CS2020",
    ],
    [
      "a workflow of another ref, where two patterns each miss by another part",
      edit("heads/main", "heads/mine"),
      {
        target: edit(
          '"acme/infra/.github/workflows/*.yml@refs/heads/main"',
          '"acme/infra/.github/workflows/*.yml@refs/heads/main", "acme/app/.github/workflows/*.yml@refs/heads/mine"',
          targetText,
        ),
      },
      "9:1 CS2020",
    ],
    ["no file", edit("workflow: { file: .github/workflows/x.yml }", "runs: 2", least), {}, "1:1 CS2019"],
    [
      "C49 dispatch without workflows in the role",
      requestText,
      { target: edit(/ {4}workflows: .*\n/, "", targetText) },
      "17:1 CS2021",
    ],
    [
      "dispatch where the event is not admitted",
      requestText,
      { target: edit("[workflow_dispatch, push, schedule]", "[push]", targetText) },
      "17:1 CS2021",
    ],
    [
      "break-glass where the role does not admit it",
      `${requestText}break_glass: INC-2041 checkout is down\n`,
      {},
      "18:14 CS2025",
    ],
    [
      "break-glass where the settings do not",
      `${requestText}break_glass: INC-2041 checkout is down\n`,
      { settings: "version: 1\n", target: edit("break_glass: false", "break_glass: true", targetText) },
      "18:14 CS2025",
    ],
    ["a key of github", `${requestText}permissions: { contents: read }\n`, {}, "18:1 CS2012"],
    [
      "a key of gcp",
      `${requestText}boundary: [{ resource: //storage.googleapis.com/projects/_/buckets/acme, permissions: [inRole:roles/storage.objectViewer] }]\n`,
      {},
      "18:1 CS2012",
    ],
  ])("%s", (_, text, world, expected) => expect(found(text, world)).toContain(expected));

  test.each([
    ["too short a reason", "reason: Delete the log bucket left behind by the storage migration", "reason: Because"],
    [
      "a reason over 500",
      "reason: Delete the log bucket left behind by the storage migration",
      `reason: ${"a".repeat(501)}`,
    ],
    ["a short ref", "ref: refs/heads/main", "ref: main"],
    ["a ref with dots", "ref: refs/heads/main", "ref: refs/heads/a..b"],
    ["a pull request's ref", "ref: refs/heads/main", "ref: refs/pull/1/merge"],
    ["a file elsewhere", "file: .github/workflows/delete-bucket.yml", "file: .github/workflows/../x.yml"],
    ["a short sha", /sha: .*/, "sha: 3f1c"],
    ["a reusable workflow by branch", /x\.yml@.*/, "x.yml@refs/heads/main"],
    ["a local time", "09:00:00Z", "09:00:00+01:00"],
    ["a day that does not exist", "2026-11-24", "2026-11-31"],
    ["no runs", "runs: 1", "runs: 0"],
    ["too many runs", "runs: 1", "runs: 21"],
    ["another actor", "actor: requester", "actor: alice"],
    ["no time", "duration: 1h", "duration: 0m"],
    [
      "more statements than could ever be issued",
      /allow: .*/,
      `allow: [${"{ actions: [s3:Get], resources: ['*'] }, ".repeat(300)}]`,
    ],
    ["an input without a name", "bucket: acme-stale-logs", '"": x'],
    ["an input that is a list", "bucket: acme-stale-logs", "bucket: [x]"],
    ["26 inputs", "bucket: acme-stale-logs", Array.from({ length: 26 }, (_, i) => `i${i}: x`).join(", ")],
    ["inputs that differ by case", "bucket: acme-stale-logs", "a: x, A: y"],
    ["inputs too large", "bucket: acme-stale-logs", `a: ${"x".repeat(17_000)}`],
  ])("%s", (_, from, to) => expect(parseRequest(edit(from, to), "p").ok).toBe(false));

  test("25 inputs are fine, as GitHub documents", () => {
    const inputs = Array.from({ length: 25 }, (_, i) => `i${i}: x`).join(", ");
    expect(check(edit("bucket: acme-stale-logs", inputs)).ok).toBe(true);
  });
  test("start at the edges; once merged it may have passed", () => {
    expect(check(edit("2026-11-24T09:00:00Z", "2026-11-23T12:00:00Z")).ok).toBe(true);
    expect(check(edit("2026-11-24T09:00:00Z", "2026-12-23T12:00:00Z")).ok).toBe(true);
    expect(check(edit("2026-11-24T09:00:00Z", "2026-12-23T12:00:01Z")).ok).toBe(false);
    expect(check(requestText, { now: new Date("2026-11-25T00:00:00Z"), merged: true }).ok).toBe(true);
  });
  test("C49 the owner of a workflow is compared without case", () => {
    expect(check(edit("acme/infra", "ACME/infra")).ok).toBe(true);
  });
  test("C55 a subject over 126 bytes", () => {
    const name = "a".repeat(32);
    const world = { target: targetText.replace("  operator:", `  ${name}:`) };
    const text = edit("role: operator", `role: ${name}`);
    expect(check(text, { ...world, repositoryId: 123456789 }).ok).toBe(true);
    const long = loadPolicy(policyFiles({ targets: [treeFile(`targets/${"t".repeat(63)}.yml`, world.target)] }));
    const path = parseRequestPath(`requests/${"t".repeat(63)}/x.yml`);
    const parsed = parseRequest(text, "p");
    if (!long.ok || path === undefined || !parsed.ok) expect.fail("setup");
    const input = { file: parsed.value, path, policy: long.policy, now, merged: false };
    expect(checkRequest({ ...input, repositoryId: repositoryId(123456789) }).ok).toBe(true);
    expect(codesOf(checkRequest({ ...input, repositoryId: repositoryId(9_007_199_254_740_991) }).diagnostics)).toEqual([
      "CS2024",
    ]);
  });
});

describe("a reusable workflow is of the workflow's owner, unless the role lists it", () => {
  const named = (reusable: string) => edit(/reusable: .*/, `reusable: ${reusable}@${"3f1c".repeat(10)}`);
  const listing = (pattern: string) =>
    edit("    environments:", `    reusable_workflows: [${pattern}]\n    environments:`, targetText);
  const file = ".github/workflows/x.yml";
  test.each([
    ["ACME/other/.github/workflows/x.yml", undefined, []],
    [`mallory/pipelines/${file}`, undefined, ["15:13 CS2027"]],
    [`acme-evil/pipelines/${file}`, undefined, ["15:13 CS2027"]],
    [`shared/pipelines/${file}`, `shared/pipelines/${file}`, []],
    [`shared/pipelines/${file}`, "shared/pipe*/.github/workflows/*.yml", []],
    [`shared/pipelines/${file}`, "shared/pipelines/.github/workflows/y.yml", ["15:13 CS2027"]],
    [`acme/pipes/${file}`, `shared/pipelines/${file}`, ["15:13 CS2027"]],
  ])("%s under %s", (reusable, pattern, expected) =>
    expect(found(named(reusable), pattern === undefined ? {} : { target: listing(pattern) })).toEqual(expected),
  );
  test.each([
    "*/pipelines/.github/workflows/x.yml",
    `acme/pipelines/${file}@refs/heads/main`,
    "acme/pipelines/x.yml",
    "acme",
  ])("a pattern without a literal owner, or with a ref, is refused: %s", (pattern) =>
    expect(codesOf(parseTarget(listing(`"${pattern}"`), "targets/a.yml").diagnostics)).toEqual(["CS1011"]),
  );
});

describe("what a machine can mend", () => {
  const github = (roles: string) => ({ target: otherTarget("github", "", roles) });
  const role = "permissions: { contents: read, issues: write }\n    repositories: [acme/infra, acme/app-eu-1]";
  const deploy =
    "version: 1\nrole: deployer\nreason: Deploy the new version\nduration: 1h\nworkflow: { repository: acme/infra, file: .github/workflows/x.yml, ref: refs/heads/main }\n";
  /** Code, the text under the finger, what is put there. */
  const mended = (text: string, world?: World) =>
    check(text, world).diagnostics.map((d) => [
      d.code,
      (text.split("\n")[d.line - 1] ?? "").slice(d.column - 1, d.column - 1 + d.length),
      d.fix,
    ]);
  test.each<[string, string, World, string, string]>([
    ["a role", edit("operator", "operatr"), {}, "CS2011 operatr", "operator"],
    ["a set", `${least}sets: [tf-sttae]\n`, {}, "CS2018 tf-sttae", "tf-state"],
    [
      "an environment",
      edit("environment: production", "environment: Production"),
      {},
      "CS2022 Production",
      "production",
    ],
    ["a repository of the workflow", edit("acme/infra", "acme/infrra"), {}, "CS2020 acme/infrra", "acme/infra"],
    ["a ref", edit("refs/heads/main", "refs/heads/mian"), {}, "CS2020 refs/heads/mian", "refs/heads/main"],
    ["a repository", `${deploy}repositories: [acme/infrs]\n`, github(role), "CS2016 acme/infrs", "acme/infra"],
  ])("%s", (_, text, world, finger, fix) => {
    const [code = "", ...under] = finger.split(" ");
    expect(mended(text, world)).toEqual([[code, under.join(" "), fix]]);
  });
  test.each<[string, string, World]>([
    ["two near names", edit("operator", "operatr"), { target: targetText.replace("operator:", "operator1:") }],
    ["another number", `${deploy}repositories: [acme/app-eu-2]\n`, github(role)],
    ["a name that stands there already", `${deploy}repositories: [acme/infra, acme/infr]\n`, github(role)],
    ["two letters", edit("operator", "oprtor"), {}],
    [
      "another word",
      edit("environment: production", "environment: dev"),
      { target: edit("environments: [production]", "environments: [prod, production]", targetText) },
    ],
    [
      "short words",
      edit("environment: production", "environment: team-a"),
      {
        target: edit("environments: [production]", "environments: [team-b]", targetText).replace(
          "environment: production",
          "environment: team-b",
        ),
      },
    ],
    ["what a wildcard admits", edit("file: .github/workflows/delete-bucket.yml", "file: .github/workflows/x.yaml"), {}],
  ])("not %s: that is told, never guessed", (_, text, world) => {
    const found = mended(text, world);
    expect(found.length).toBeGreaterThan(0);
    expect(found.map(([, , fix]) => fix)).toEqual(found.map(() => undefined));
  });
  test("the target is named by the folder: the hint has the right path", () => {
    expect(check(requestText, { path: "requests/aws-prdo/2026-11/x.yml" }).diagnostics).toMatchObject([
      {
        code: "CS2010",
        hint: 'Did you mean "aws-prod"? Then move the file to requests/aws-prod/2026-11/x.yml.',
      },
    ]);
    expect(check(requestText, { path: "requests/gcp/x.yml" }).diagnostics[0]?.hint).toBe(
      "Known: aws-prod. The folder under requests/ names it.",
    );
  });
});

describe("C67 narrowing stays inside one statement of the role", () => {
  test.each([
    ["{ actions: [s3:PutObject], resources: ['arn:aws:s3:::acme-a/x'] }", "7:17 CS2016"],
    ["{ actions: [s3:GetObject], resources: ['arn:aws:s3:::other/x'] }", "7:44 CS2016"],
    ["{ actions: [s3:GetObject], resources: ['*'] }", "7:44 CS2016"],
    ["{ actions: ['s3:*'], resources: ['arn:aws:s3:::acme-a/x'] }", "7:17 CS2016"],
    ["{ actions: [ec2:AuthorizeSecurityGroupIngress], resources: ['arn:aws:s3:::acme-a'] }", "7:65 CS2016"],
    ["{ actions: [s3:GetObject], resources: ['arn:aws:s3:::acme-${aws:userid}'] }", "7:44 CS1020"],
    ["{ actions: [s3:GetObject], resources: ['arn:aws:s3'] }", "7:44 CS1020"],
    ["{ actions: [s3:GetObject], resources: [] }", "7:32 CS1012"],
  ])("%s", (allow, expected) => expect(found(asking(allow))).toEqual([expected]));
  test("a narrower pattern is inside", () => {
    expect(
      check(asking("{ actions: ['s3:GetObject*', S3:deletebucket], resources: ['arn:aws:s3:::acme-logs-*'] }")).ok,
    ).toBe(true);
  });
});

describe("the hint of what is outside says what is inside", () => {
  const hint = (allow: string, world?: World) => check(asking(allow), world).diagnostics[0]?.hint;
  test("the actions of the role, where it has none such", () =>
    expect(hint("{ actions: [s3:PutObject], resources: ['arn:aws:s3:::acme-a/x'] }")).toBe(
      "The role allows s3:Get*, s3:DeleteBucket and ec2:AuthorizeSecurityGroupIngress. Ask within that, or have the target's owners widen the role.",
    ));
  test("the resources for the action, where only they differ", () =>
    expect(hint("{ actions: [s3:GetObject], resources: ['arn:aws:s3:::other/x'] }")).toBe(
      "For s3:GetObject the role allows arn:aws:s3:::acme-* and arn:aws:s3:::acme-*/*. Ask within that, or have the target's owners widen the role.",
    ));
  test("at most five of many", () => {
    const many = Array.from({ length: 40 }, (_, i) => `"s3:Get${i}"`).join(", ");
    const target = edit('"s3:Get*", "s3:DeleteBucket"', many, targetText);
    expect(hint("{ actions: [s3:PutObject], resources: ['arn:aws:s3:::acme-a/x'] }", { target })).toMatch(
      /^The role allows s3:Get0, s3:Get1, s3:Get2, s3:Get3, s3:Get4, …\. /,
    );
  });
  test("workflows and environments", () => {
    const workflow = check(edit("refs/heads/main", "refs/tags/v1")).diagnostics;
    expect(workflow).toMatchObject([{ hint: "The role admits acme/infra/.github/workflows/*.yml@refs/heads/main." }]);
    const near = check(edit("refs/heads/main", "refs/heads/mian")).diagnostics;
    expect(near).toMatchObject([
      { hint: 'Did you mean "refs/heads/main"? The role admits acme/infra/.github/workflows/*.yml@refs/heads/main.' },
    ]);
    const environment = check(edit("environment: production", "environment: x")).diagnostics;
    expect(environment).toMatchObject([{ hint: 'Write "production".' }]);
  });
});

describe("persistence outlives the window", () => {
  const everything = targetText.replace(/ {4}allow:\n.*\n.*\n/, '    allow: ["*"]\n');
  test.each([
    "sts:AssumeRole",
    "STS:assumeROLE",
    "sts:AssumeRoleWithWebIdentity",
    "sts:AssumeRoot",
    "sts:*",
    "sts:?ssumeRole",
    "sts:GetFederationToken",
    "sts:GetSessionToken",
    "iam:CreateAccessKey",
    "iam:CreateUser",
    "iam:CreateLoginProfile",
    "iam:UpdateAssumeRolePolicy",
    "iam:AttachUserPolicy",
    "iam:PutUserPolicy",
    "iam:CreateRole",
    "iam:PassRole",
    "iam:*",
    "iam:Create*",
    "*",
  ])("%s", (action) => {
    const text = asking(`{ actions: ["${action}"], resources: ["*"] }`);
    expect(found(text, { target: everything })).toEqual(["7:17 CS2017"]);
    expect(check(text, { target: everything.replace("allow_persistence: false", "allow_persistence: true") }).ok).toBe(
      true,
    );
  });
  test.each(["iam:Get*", "iam:List*", "sts:GetCallerIdentity", "ec2:*", "sts:DecodeAuthorizationMessage"])(
    "%s does not",
    (action) => {
      expect(check(asking(`{ actions: ["${action}"], resources: ["*"] }`), { target: everything }).ok).toBe(true);
    },
  );
  test("a role of everything has to be narrowed", () =>
    expect(found(least, { target: everything })).toEqual(["2:7 CS2017"]));
});

describe("the other kinds", () => {
  const text =
    "version: 1\nrole: deployer\nreason: Deploy the new version\nduration: 1h\nworkflow: { repository: acme/infra, file: .github/workflows/x.yml, ref: refs/heads/main }\n";
  test.each(["azure", "oidc"] as const)("%s does not narrow, and the error explains it", (kind) => {
    const world = { target: otherTarget(kind) };
    expect(valueOf(check(text, world))).toMatchObject({ narrowed: false });
    for (const key of [
      "allow: [{ actions: [s3:Get], resources: ['*'] }]",
      "sets: [x]",
      "permissions: { contents: read }",
      "repositories: [a/b]",
    ]) {
      expect(check(`${text}${key}\n`, world).diagnostics).toMatchObject([
        { code: "CS2012", line: 6, column: 1, message: expect.stringContaining("no way to narrow") },
      ]);
    }
  });
  test("github narrows permissions and repositories", () => {
    const world = {
      target: otherTarget(
        "github",
        "",
        "permissions: { contents: read, issues: write }\n    repositories: [acme/infra, acme/app]",
      ),
    };
    expect(valueOf(check(text, world))).toMatchObject({
      narrowed: false,
      permissions: { contents: "read", issues: "write" },
    });
    expect(valueOf(check(`${text}permissions: { issues: read }\nrepositories: [acme/app]\n`, world))).toMatchObject({
      narrowed: true,
      permissions: { issues: "read" },
      repositories: ["acme/app"],
    });
    expect(found(`${text}permissions: { contents: write }\n`, world)).toEqual(["6:26 CS2016"]);
    expect(found(`${text}permissions: { pages: read }\n`, world)).toEqual(["6:16 CS2016"]);
    expect(found(`${text}repositories: [acme/other]\n`, world)).toEqual(["6:16 CS2016"]);
  });
  test("gcp narrows by boundary", () => {
    const rule = (bucket: string) =>
      `[{ resource: //storage.googleapis.com/projects/_/buckets/${bucket}, permissions: [inRole:roles/storage.objectViewer] }]`;
    const open = { target: otherTarget("gcp") };
    const bound = { target: otherTarget("gcp", `    boundary: ${rule("acme-a")}\n`) };
    expect(valueOf(check(`${text}boundary: ${rule("acme-b")}\n`, open))).toMatchObject({
      narrowed: true,
      boundary: { length: 1 },
    });
    expect(valueOf(check(text, bound))).toMatchObject({ narrowed: false, boundary: { length: 1 } });
    expect(found(`${text}boundary: ${rule("acme-b")}\n`, bound)).toEqual(["6:12 CS2016"]);
  });
});

describe("two requests of one pull request share a run", () => {
  const value = (text: string) => valueOf(check(text));
  const dispatched = value(requestText);
  test.each<[string, string | RegExp, string, boolean]>([
    ["another reason", "Delete the log bucket left", "Remove the log bucket left", true],
    ["the owner in another case", "acme/infra", "ACME/infra", true],
    ["another file", "delete-bucket.yml", "other.yml", false],
    ["another input", "bucket: acme-stale-logs", "bucket: other", false],
    ["one input more", "bucket: acme-stale-logs", "bucket: acme-stale-logs, dry: x", false],
    ["another name of the input", "bucket: acme-stale-logs", "toString: acme-stale-logs", false],
    ["no dispatch", /dispatch: .*\n/, "", false],
  ])("%s: %s", (_, from, to, same) => {
    const other = value(edit(from, to));
    expect(sameDispatch(dispatched, other)).toBe(same);
    expect(sameDispatch(other, dispatched)).toBe(same);
  });
});
