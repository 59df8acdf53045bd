import { beforeEach, describe, expect, test } from "vitest";
import { liveGrants, revokeByOperator } from "../../src/grant/index.ts";
import type { Issuer } from "../exchange/issuer.ts";
import { startIssuer } from "../exchange/issuer.ts";
import { ask, codeOf, insertGrant, startWorld, type World } from "../exchange/world.ts";
import { useStore } from "../helpers/stores.ts";
import { access } from "../recorder/world.ts";
import { Conversation, path, server } from "./comments/world.ts";

describe("an operator at the server", () => {
  const open = useStore();
  let issuer: Issuer;
  let world: World;
  let one: ReturnType<typeof server>;
  beforeEach(async () => {
    issuer = await startIssuer();
    world = await startWorld((await open()).db, issuer);
    one = server(world.db, new Conversation(world.github.policy), world.recorder, world.time);
    return () => issuer.close();
  });
  const revoke = (what: { repository?: string; path: string; reason: string }) =>
    revokeByOperator({ ...one.deps, endCredentials: async () => {} }, { repository: null, ...what });

  test("lists live grants, and credentials also of grants that were revoked, until they end", async () => {
    expect(codeOf(await ask(world))).toBe("released");
    expect(await liveGrants(one.deps)).toMatchObject({
      grants: [{ repository: "acme/access", path, target: "aws-prod", role: "operator", requester: "alice" }],
      credentials: [{ repository: "acme/access", kind: "aws", path, until: "2026-11-23T10:15:00Z" }],
    });
    const { cut } = await revoke({ path, reason: "taken over" });
    expect(cut[0]).toMatch(/^To cut them now, deny every session of the role that was issued before 2026-11-23T/);
    expect(cut.slice(1).join("\n")).toMatch(
      /^ {2}aws iam put-role-policy --role-name \S+ .* \\\n {4}--policy-document '\{/,
    );
    const { grants, credentials } = await liveGrants(one.deps);
    expect(grants).toEqual([]);
    expect(credentials).toHaveLength(1);
    world.time.now = new Date(world.time.now.getTime() + 901_000);
    expect((await liveGrants(one.deps)).credentials).toEqual([]);
  });

  test("C59 revokes at once and without GitHub; the entry names nobody and says that an operator did it", async () => {
    expect(await revoke({ path, reason: "taken over" })).toMatchObject({
      repository: "acme/access",
      path,
      credentials: [],
    });
    expect(codeOf(await ask(world))).toBe("grant_revoked");
    const row = await world.db
      .selectFrom("ledger_entry")
      .select("body")
      .where("type", "=", "revoked")
      .executeTakeFirstOrThrow();
    expect(JSON.parse(row.body)).toMatchObject({
      how: "command",
      by: null,
      reason: "By an operator on the server: taken over",
      path,
    });
    expect(one.enqueued).toContain(`flush:${access.id}`);
  });

  test("what has no live grant is refused, a second time and in another repository as well", async () => {
    await expect(revoke({ path: "requests/x/y.yml", reason: "r" })).rejects.toMatchObject({ code: "no_such_grant" });
    await expect(revoke({ path, repository: "acme/other", reason: "r" })).rejects.toMatchObject({
      code: "no_such_grant",
    });
    await revoke({ path, repository: "ACME/Access", reason: "r" });
    await expect(revoke({ path, reason: "r" })).rejects.toMatchObject({ code: "no_such_grant" });
  });

  test("one of several is revoked, the others live", async () => {
    const name = "requests/aws-prod/2026-11/other.yml";
    await insertGrant(world.db, world.github, { name });
    await revoke({ path, reason: "r" });
    expect((await liveGrants(one.deps)).grants).toMatchObject([{ path: name }]);
  });
});
