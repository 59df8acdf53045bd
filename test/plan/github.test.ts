import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ownerId, repositoryId } from "../../src/base/ids.ts";
import { githubTokenBody } from "../../src/plan/github-requests.ts";
import { type Change, codeOf, codeOfInput, facts, inputOf, planOf, repositories } from "./kinds.ts";

const asks = (names: readonly string[], more: Change<"github"> = {}): Change<"github"> => ({
  ...more,
  request: { repositories: names, ...more.request },
});
const permits = (permissions: Readonly<Record<string, string>>): Change<"github"> => ({
  request: { permissions: permissions as Readonly<Record<string, "read" | "write">> },
});

describe("the github plan", () => {
  test("resolves the role of the design, repositories as ids", () => {
    const plan = planOf("github");
    expect(plan.data).toMatchObject({
      plan_version: 1,
      kind: "github",
      subject: "repository:10:github:github-prod:deployer",
      permissions: { contents: "write" },
      repository_ids: [20],
    });
    expect(plan.text).not.toContain("acme/");
    expect(plan.repositories).toEqual(new Map([[20, "acme/infra"]]));
  });

  test("takes what the request narrows, not the role", () => {
    const change = {
      request: { repositories: ["acme/app"], permissions: { contents: "read" as const }, narrowed: true },
    };
    const plan = planOf("github", { role: { repositories: ["acme/app", "acme/infra"] }, ...change });
    expect(plan.data).toMatchObject({ permissions: { contents: "read" }, repository_ids: [30] });
    expect(plan.narrowed).toBe(true);
  });

  test.each<[string, Change<"github">]>([
    ["permissions", permits({ issues: "write" })],
    ["their level", permits({ contents: "read" })],
    ["one permission more", permits({ contents: "write", issues: "read" })],
    ["repositories", asks(["acme/app"])],
    ["one repository more", asks(["acme/infra", "acme/app"])],
    // C07: the name that was approved belongs to another repository now.
    ["the id behind a name", { repositories: new Map([["acme/infra", facts(99, "acme/infra")]]) }],
  ])("its hash covers %s", (_, change) => expect(planOf("github", change).hash).not.toBe(planOf("github").hash));

  test("its hash does not depend on what a repository is called, on case, order and repetition", () => {
    const { hash } = planOf("github");
    for (const names of [["ACME/Infra"], ["acme/renamed"], ["acme/infra", "acme/renamed", "acme/infra"]]) {
      expect(planOf("github", asks(names)).hash).toBe(hash);
    }
    const name = fc.constantFrom("acme/infra", "acme/app", "ACME/App");
    fc.assert(
      fc.property(fc.array(name, { minLength: 1, maxLength: 6 }), (names) => {
        const [one, two] = [names, [...names, ...names].toReversed()].map((n) => planOf("github", asks(n)));
        expect(two?.hash).toBe(one?.hash);
      }),
      { numRuns: 50 },
    );
    const [one, two] = [
      { contents: "read", issues: "write" },
      { issues: "write", contents: "read" },
    ].map((p) => planOf("github", permits(p)));
    expect(JSON.stringify(githubTokenBody(one!.data))).toBe(JSON.stringify(githubTokenBody(two!.data)));
  });

  test("ids are numbers in order, not texts", () => {
    const many = new Map([9, 10, 100, 11].map((id) => [`acme/r${id}`, facts(id, `acme/r${id}`)]));
    const change = asks([...many.keys()], { repositories: many, access: { repository_id: repositoryId(1) } });
    expect(planOf("github", change).data.repository_ids).toEqual([9, 10, 11, 100]);
  });

  test.each<[string, string, Change<"github">]>([
    ["C51 the access repo", "access_repository", asks(["acme/access"])],
    ["C51 the access repo among others", "access_repository", asks(["acme/infra", "acme/access", "acme/app"])],
    ["C51 another access repo of this server", "access_repository", asks(["acme/access-too"])],
    [
      "C51 the access repo under a name that it had before",
      "access_repository",
      asks(["acme/old"], { repositories: new Map([["acme/old", facts(10, "acme/access")]]) }),
    ],
    ["C49 a repository of another owner", "repository_of_another_owner", asks(["acme/transferred"])],
    ["a repository that is not there", "repository_unknown", asks(["acme/gone"])],
    ["a repository that is not there, among others", "repository_unknown", asks(["acme/infra", "acme/gone"])],
    ["a name of the prototype", "repository_unknown", asks(["constructor"])],
    // GitHub takes both for "all".
    ["no repositories", "nothing_allowed", asks([])],
    ["no permissions", "nothing_allowed", permits({})],
    ["C51 a forbidden permission", "permission_not_grantable", permits({ contents: "read", administration: "write" })],
    ["C51 a permission of the organization", "permission_not_grantable", permits({ members: "read" })],
    ["C51 a level that is too high", "permission_not_grantable", permits({ actions: "write" })],
    ["a level that nobody knows", "permission_not_grantable", permits({ contents: "admin" })],
    ["an unknown permission", "permission_not_grantable", permits({ toString: "read" })],
  ])("is refused for %s", (_, code, change) => expect(codeOf("github", change)).toBe(code));

  test("without what GitHub knows of the names there is none", () => {
    const { repositories: _, ...input } = inputOf("github");
    expect(codeOfInput(input)).toBe("repository_unknown");
  });

  test("nothing that the request lacks is taken from the role", () => {
    const input = inputOf("github");
    const { permissions: _, ...without } = input.request;
    const { repositories: __, ...nowhere } = input.request;
    expect(codeOfInput({ ...input, request: without })).toBe("nothing_allowed");
    expect(codeOfInput({ ...input, request: nowhere })).toBe("nothing_allowed");
  });

  test("the owner is compared by id with the access repo's", () => {
    const access = { repository_id: repositoryId(10), owner_id: ownerId(2) };
    const change = { access, workflow: { owner_id: ownerId(2) } };
    expect(codeOf("github", change)).toBe("repository_of_another_owner");
    expect(codeOf("github", { ...change, ...asks(["acme/transferred"]) })).toBe("ok");
    expect(repositories.get("acme/transferred")?.owner_id).toBe(2);
  });
});

describe("against GitHub's own description", () => {
  interface Operation {
    readonly requestBody: {
      readonly content: { readonly "application/json": { readonly schema: { readonly properties: object } } };
    };
  }
  interface Description {
    readonly paths: Readonly<Record<string, { readonly post?: Operation }>>;
    readonly components: {
      readonly schemas: Readonly<
        Record<string, { readonly properties: Readonly<Record<string, { readonly enum: readonly string[] }>> }>
      >;
    };
  }
  const file = createRequire(import.meta.url).resolve("@octokit/openapi/generated/api.github.com.json");
  const api = JSON.parse(readFileSync(file, "utf8")) as Description;
  const known = api.components.schemas["app-permissions"]?.properties ?? {};

  test("the body has members of the operation only, and both that keep the token small", () => {
    const operation = api.paths["/app/installations/{installation_id}/access_tokens"]?.post;
    const members = Object.keys(operation?.requestBody.content["application/json"].schema.properties ?? {});
    expect(members).toContain("repository_ids");
    for (const member of Object.keys(githubTokenBody(planOf("github").data))) expect(members).toContain(member);
  });

  test("C51 every permission that exists is granted as the design has it, or never", () => {
    const granted = Object.entries(known).flatMap(([name, { enum: levels }]) =>
      levels.flatMap((level) => (codeOf("github", permits({ [name]: level })) === "ok" ? [`${name}: ${level}`] : [])),
    );
    const never =
      /^(?:administration|checks|statuses|workflows|secrets|dependabot_secrets|environments|deployments|members|organization_\w+|repository_hooks|single_file|codespaces|merge_queues): |^actions: write$/;
    expect(granted.filter((permission) => never.test(permission))).toEqual([]);
    expect(granted).toEqual(expect.arrayContaining(["actions: read", "contents: write", "metadata: read"]));
  });
});
