import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { userId } from "../../src/base/ids.ts";
import type { GitHub, RepoRef } from "../../src/github/index.ts";
import { membership } from "../../src/pull-request/membership.ts";
import { ACCESS, ask, type Sandbox, sandbox } from "../sandbox-github/support.ts";
import { accessRepoOf, clientOf } from "./world.ts";

// What is asked together with something else, and the way round where GitHub does not answer it.

let s: Sandbox;
let github: GitHub;
let repo: RepoRef;
let undo = (): void => {};
beforeAll(async () => {
  s = await sandbox();
  repo = await accessRepoOf(s);
});
beforeEach(async () => {
  github = await clientOf(s);
});
afterEach(() => undo());
afterAll(() => s.close());

const person = (login: string) => ({ id: userId(s.gh.users[login]?.id), login, kind: "user" as const });
const isQuery = (body: unknown, name: string): boolean =>
  String((body as { query?: string } | undefined)?.query).includes(name);
const asked = (part: string): number =>
  s.gh.requests.filter(({ path, operation }) => `${path} ${operation ?? ""}`.includes(part)).length;
const file = ".github/workflows/delete.yml";
const workflow = (login: string) => github.workflowFile("acme/access", "refs/heads/main", file, person(login));

test("C49: a permission that comes with the workflow file is a yes by the account's id, never a no", async () => {
  expect(await workflow("alice")).toMatchObject({ canWrite: true });
  for (const login of ["mallory", "carol"]) expect(await workflow(login)).not.toHaveProperty("canWrite");
  const found = await github.workflowFile("acme/access", "refs/heads/main", file, {
    ...person("alice"),
    id: userId(1),
  });
  expect(found).not.toHaveProperty("canWrite"); // the login is another account's by now (C07)
});

test("where GitHub does not tell permissions by GraphQL the file is read all the same, and it is not asked again", async () => {
  const answer = {
    data: {
      repository: {
        databaseId: repo.id,
        nameWithOwner: "acme/access",
        owner: { __typename: "Organization", login: "acme", databaseId: 5 },
        object: null,
        collaborators: null,
      },
    },
    errors: [{ type: "FORBIDDEN", path: ["repository", "collaborators"], message: "Must have push access" }],
  };
  undo = s.gh.intercept({
    before: ({ body }) => (isQuery(body, "collaborators(") ? Response.json(answer) : undefined),
  });
  expect(await workflow("alice")).toMatchObject({ file: null });
  const again = await workflow("alice");
  expect(again).toMatchObject({ file: { path: file } });
  expect(again).not.toHaveProperty("canWrite");
  expect(await github.canWrite("acme/access", person("alice"))).toBe(true);
});

test("C25: members of a team come with the snapshot, child teams' too, invited people not, and are as live as it", async () => {
  const { number } = await ask(s, "alice", "members");
  const isMember = async (login: string): Promise<boolean> => {
    const read = await github.snapshot(repo, number);
    if (read?.kind !== "snapshot") throw new Error("no snapshot");
    return membership(github, read.snapshot)({ org: "Acme", slug: "security" }, person(login));
  };
  expect(await isMember("carol")).toBe(true); // asked about: the team is known from here on
  s.gh.clearRequests();
  expect([await isMember("carol"), await isMember("bob"), await isMember("mallory"), await isMember("alice")]).toEqual([
    true,
    true,
    false,
    false,
  ]);
  s.gh.change.removeTeamMember("acme", "security", "carol");
  expect(await isMember("carol")).toBe(false);
  expect(asked("/memberships/")).toBe(0);
  s.gh.change.setTeamMember("acme", "security", "carol");
});

test("C26: a team that GitHub does not tell whole is asked about person by person", async () => {
  const { number } = await ask(s, "alice", "secret");
  await github.teamMember(repo, "acme", "security", "carol");
  const databaseId = (await s.as("alice").rest.repos.get(ACCESS)).data.owner.id;
  const visible = {
    privacy: "VISIBLE",
    members: { totalCount: 1, nodes: [{ databaseId: person("alice").id, login: "alice" }] },
  };
  const hidden = [
    { databaseId, t0: null },
    { databaseId: databaseId + 1, t0: visible }, // C07: the old name of a renamed organization, somebody else's by now
    { t0: visible },
    {
      databaseId,
      t0: {
        privacy: "SECRET",
        members: { totalCount: 1, nodes: [{ databaseId: person("alice").id, login: "alice" }] },
      },
    },
    {
      databaseId,
      t0: {
        privacy: "VISIBLE",
        members: { totalCount: 101, nodes: [{ databaseId: person("alice").id, login: "alice" }] },
      },
    },
    null,
  ];
  for (const organization of hidden) {
    let body: unknown;
    undo = s.gh.intercept({
      before: async (call) => {
        if (!isQuery(call.body, "query Snapshot") || body !== undefined) return undefined;
        body = call.body;
        const token = (await s.as("root").auth()) as { token: string };
        const answer = await fetch(s.gh.graphqlUrl, {
          method: "POST",
          headers: { authorization: `token ${token.token}` },
          body: JSON.stringify(body),
        });
        const { data } = (await answer.json()) as { data: object };
        const errors =
          organization === null ? { errors: [{ type: "FORBIDDEN", path: ["organization", "t0"], message: "no" }] } : {};
        return Response.json({ data: { ...data, organization }, ...errors });
      },
    });
    const read = await github.snapshot(repo, number);
    undo();
    if (read?.kind !== "snapshot") throw new Error("no snapshot");
    expect(read.snapshot.teams?.size).toBe(0);
    s.gh.clearRequests();
    expect(await membership(github, read.snapshot)({ org: "acme", slug: "security" }, person("alice"))).toBe(false);
    expect(asked("/memberships/alice")).toBe(1);
  }
});

test("C60: a title is set and who reviewed by then read in one answer; where GitHub does not take that, by REST", async () => {
  const { number } = await ask(s, "alice", "titled");
  await s.as("bob").rest.pulls.createReview({ ...ACCESS, pull_number: number, event: "APPROVE" });
  await github.snapshot(repo, number);
  s.gh.clearRequests();
  expect(await github.setTitle(repo, number, "one")).toMatchObject([{ author: person("bob").id }]);
  expect(asked("mutation Title")).toBe(1);
  undo = s.gh.intercept({
    before: ({ body }) =>
      isQuery(body, "mutation Title")
        ? Response.json({ data: { updatePullRequest: null }, errors: [{ type: "FORBIDDEN" }] })
        : undefined,
  });
  expect(await github.setTitle(repo, number, "two")).toBeNull();
  expect((await s.as("alice").rest.pulls.get({ ...ACCESS, pull_number: number })).data.title).toBe("two");
  expect(await github.reviewTimes(repo, number)).toMatchObject([{ author: person("bob").id }]);
});

test("what git says by its ids is asked once; what is not there is asked again", async () => {
  const tip = await github.tip(repo, "main");
  if (!tip) throw new Error("no tip");
  s.gh.clearRequests();
  for (let i = 0; i < 2; i++) {
    expect((await github.files(repo, tip, ["README.md"]))[0]).toMatchObject({ text: "hello\n" });
    await github.policyAt(repo, tip);
    expect(await github.mergeBase(repo, tip, tip)).toBe(tip);
  }
  expect(s.gh.requests).toHaveLength(3);
  for (let i = 0; i < 2; i++) expect(await github.files(repo, tip, ["nothing", "README.md"])).toMatchObject([null, {}]);
  expect(s.gh.requests).toHaveLength(5);
});

test("ten that ask at once who we are cost one question, and a lost answer is asked for again", async () => {
  s.gh.clearRequests();
  let lost = false;
  undo = s.gh.intercept({
    before: ({ path }) => {
      if (!path.includes("/users/") || lost) return undefined;
      lost = true;
      return new Response(null, { status: 502 });
    },
  });
  const ten = () => Promise.allSettled(Array.from({ length: 10 }, () => github.identify(repo)));
  expect(new Set((await ten()).map(({ status }) => status))).toEqual(new Set(["rejected"]));
  expect(() => github.bot).toThrow("which bot account we are");
  expect(new Set((await ten()).map(({ status }) => status))).toEqual(new Set(["fulfilled"]));
  await github.identify(repo);
  expect(github.bot.login).toMatch(/\[bot\]$/);
  expect(asked("/users/")).toBe(2);
});
