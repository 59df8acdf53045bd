import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { hostOf, readPlanFacts } from "../../src/commands/plan-facts.ts";

// The answers hold of GitHub's documented ones what is read ("Get a repository", "Get repository content").
type Answer = readonly [number, unknown, Readonly<Record<string, string>>?];
const repository = (id: number, name: string, owner = 1): Answer => [
  200,
  { id, full_name: name, owner: { id: owner } },
];
const blob = "a".repeat(40);

let server: Server;
let answers: Record<string, Answer>;
let asked: { readonly url: string; readonly authorization: string | undefined }[];
beforeEach(async () => {
  asked = [];
  answers = {
    "/repos/acme/access": repository(10, "acme/access"),
    "/repos/acme/infra": repository(20, "acme/Infra"),
    "/repos/acme/infra/contents/.github/workflows/a%20b.yml?ref=refs%2Fheads%2Fmain": [
      200,
      { type: "file", sha: blob },
    ],
    "/repos/acme/app": repository(30, "acme/app"),
  };
  server = createServer((request, response) => {
    const url = (request.url ?? "").replace("/api/v3", "");
    asked.push({ url, authorization: request.headers.authorization });
    const [status, body, headers] = answers[url] ?? [404, { message: "Not Found" }];
    response.writeHead(status, { "content-type": "application/json", ...headers });
    response.end(typeof body === "string" ? body : JSON.stringify(body));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
});
afterEach(() => void server.close());

const host = () => `127.0.0.1:${(server.address() as AddressInfo).port}`;
const request = {
  workflow: {
    repository: "acme/infra",
    file: ".github/workflows/a b.yml",
    ref: "refs/heads/main",
    actor: "requester" as const,
  },
};
const facts = (env: Record<string, string> = {}, more: object = {}, place: object = {}) =>
  readPlanFacts(
    { host: `http://${host()}`, fullName: "acme/access", ...place },
    { ...request, ...more },
    { GHE_HOST: host(), GHE_PROTOCOL: "http", ...env },
  );

describe("what GitHub says of a plan", () => {
  test("ids, and the version of the workflow file", async () => {
    expect(await facts()).toEqual({
      access: { repository_id: 10, owner_id: 1 },
      workflow: { repository_id: 20, owner_id: 1, repository: "acme/Infra", blob },
      repositories: new Map(),
    });
    expect(asked.map(({ url }) => url)).toEqual(Object.keys(answers).slice(0, 3));
  });
  test("of repositories that are named, in whatever case; the access repo is told as one", async () => {
    answers["/repos/Acme/Access"] = repository(10, "acme/access");
    const found = await facts({}, { repositories: ["acme/app", "Acme/Access"] });
    expect(found).toMatchObject({
      repositories: new Map([
        ["acme/app", { repository_id: 30, owner_id: 1, repository: "acme/app", access_repo: false }],
        ["acme/access", { repository_id: 10, owner_id: 1, repository: "acme/access", access_repo: true }],
      ]),
    });
  });
  test("is asked with the person's token, GH_ENTERPRISE_TOKEN before GITHUB_ENTERPRISE_TOKEN", async () => {
    await facts();
    await facts({ GITHUB_ENTERPRISE_TOKEN: "two" });
    await facts({ GITHUB_ENTERPRISE_TOKEN: "two", GH_ENTERPRISE_TOKEN: " one\n" });
    expect(asked.map(({ authorization }) => authorization)).toEqual([
      ...Array.from({ length: 3 }, () => undefined),
      ...Array.from({ length: 3 }, () => "Bearer two"),
      ...Array.from({ length: 3 }, () => "Bearer one"),
    ]);
  });
});

describe("one sentence that says what to do, and never the token, where", () => {
  const secret = "ghp_s3cr3t";
  const tell = async (env: Record<string, string> = {}, place: object = {}): Promise<string> => {
    const told = await facts({ GH_ENTERPRISE_TOKEN: secret, ...env }, {}, place);
    if (typeof told !== "string") return expect.fail("it was known");
    expect(told).not.toContain("s3cr3t");
    expect(told).toMatch(/^[^\n]{20,300}$/);
    return told;
  };
  test("something is not there, or not for this token", async () => {
    delete answers["/repos/acme/access"];
    expect(await tell()).toBe("GitHub shows no repository acme/access to this token.");
    expect(await tell({ GH_ENTERPRISE_TOKEN: "" })).toContain("If it is private, set GH_ENTERPRISE_TOKEN");
  });
  test("the workflow file is not there", async () => {
    answers = { ...answers, [Object.keys(answers)[2] ?? ""]: [404, {}] };
    expect(await tell()).toBe(
      "GitHub shows no file .github/workflows/a b.yml at refs/heads/main of acme/infra to this token.",
    );
  });
  test.each<[string, Answer, string]>([
    [
      "a folder stands where the file should",
      [200, [{ type: "file", sha: blob }]],
      "is not what its documentation says",
    ],
    ["a submodule stands there", [200, { type: "submodule", sha: blob }], "is not what its documentation says"],
    ["the answer is no JSON", [200, "<html>"], "is not what its documentation says"],
    ["an id is none", [200, { type: "file", sha: "a".repeat(39) }], "is not what its documentation says"],
    ["the token is refused", [401, { message: "Bad credentials" }], "GitHub refuses the token"],
    ["the rate limit is reached", [403, { message: "API rate limit exceeded" }], "its rate limit is reached"],
    ["it is asked too often", [429, {}], "its rate limit is reached"],
    ["GitHub is ill", [502, "x"], "GitHub answered 502 for file"],
    ["it has moved", [301, {}, { location: "http://127.0.0.1:1/evil" }], "has moved (301)"],
  ])("%s", async (_, answer, message) => {
    answers = { ...answers, [Object.keys(answers)[2] ?? ""]: answer };
    expect(await tell()).toContain(message);
  });
  test("the access repo is on another host than the one that would be asked", async () => {
    expect(await tell({}, { host: "https://github.com" })).toContain("set GHE_HOST to the host, or unset it");
    expect(await tell({ GHE_HOST: "" }, { host: "https://ghe.acme.example" })).toContain("https://api.github.com");
    expect(asked).toEqual([]);
  });
  test("the token could not be sent as it is", async () => {
    for (const token of [`${secret}\nx: y`, `${secret} x`, `${secret}é`, `${secret}\0`])
      expect(await tell({ GH_ENTERPRISE_TOKEN: token })).toContain(
        "GH_ENTERPRISE_TOKEN holds white space or other characters",
      );
    expect(asked).toEqual([]);
  });
  test("nobody answers", async () => {
    const get = () => Promise.reject(new TypeError(`fetch failed for Bearer ${secret}`));
    const place = { host: "https://github.com", fullName: "acme/access" };
    expect(await readPlanFacts(place, request, { GH_ENTERPRISE_TOKEN: secret }, get)).toBe(
      "https://api.github.com did not answer; is it reachable from here?",
    );
  });
});

test.each([
  ["https://github.com", {}],
  ["https://www.github.com", {}],
  ["https://acme.ghe.com", { GHE_HOST: "acme.ghe.com" }],
  ["https://ghe.acme.example", { GHE_HOST: "ghe.acme.example" }],
  // A remote by SSH does not tell the port of the web.
  ["https://ghe.acme.example", { GHE_HOST: "ghe.acme.example:8443" }],
])("a repository on %s is asked where %j says", async (host, env) => {
  const get = () => Promise.resolve(new Response("{}", { status: 502 }));
  expect(await readPlanFacts({ host, fullName: "a/b" }, request, env, get)).toContain("502");
});

test("the host of the environment", () => {
  expect(hostOf({})).toBeUndefined();
  expect(hostOf({ GHE_HOST: " " })).toBeUndefined();
  expect(hostOf({ GHE_HOST: "ghe.acme.example" })).toBe("https://ghe.acme.example");
  expect(hostOf({ GHE_HOST: "127.0.0.1:8080", GHE_PROTOCOL: "http" })).toBe("http://127.0.0.1:8080");
});
