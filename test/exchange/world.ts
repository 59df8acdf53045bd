import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import type { TreeFile } from "../../src/access-repo/index.ts";
import { loadPolicy } from "../../src/access-repo/index.ts";
import { RetryLater } from "../../src/base/errors.ts";
import { sha256 } from "../../src/base/canonical-json.ts";
import { type CommitSha, objectId, userId } from "../../src/base/ids.ts";
import type { Broker, Minted } from "../../src/cloud/index.ts";
import {
  createExchange,
  createKeySet,
  createLiveHead,
  createPolicies,
  type Exchange,
  type ExchangeDeps,
} from "../../src/exchange/index.ts";
import { sealer } from "../../src/issuer/index.ts";
import type { GitHub, Run } from "../../src/github/types.ts";
import type { Recorder, RecorderDeps } from "../../src/recorder/index.ts";
import type { Db } from "../../src/store/index.ts";
import { policyFiles, treeFile } from "../access-repo/examples.ts";
import { pause } from "../helpers/clock.ts";
import { access, enrol, FakeLedger, genesis, ledgerKeys, recorderOn, sha } from "../recorder/world.ts";
import { hex, now, publicUrl } from "./fixtures.ts";
import { grantRows, owner } from "./grant-rows.ts";
import type { Issuer } from "./issuer.ts";

const path = "requests/aws-prod/2026-11/delete-stale-logs.yml";
const head = sha(9);
const settingsText = (frozen = "[]"): string => `version: 1\napprovals: 1\npending_expiry: 7d\nfrozen: ${frozen}\n`;
export const targetText = (over = ""): string => `version: 1
cloud: aws
region: eu-west-1
roles:
  operator:
    role_arn: arn:aws:iam::123456789012:role/countersign-operator
    allow: [{ actions: ["s3:*"], resources: ["arn:aws:s3:::acme-*"] }]
    max_duration: 4h
    workflows: ["acme/infra/.github/workflows/*.yml@refs/heads/main"]
${over}`;
const requestText = (runs: number, more: string): string => `version: 1
role: operator
reason: Delete the log bucket
allow: [{ actions: ["s3:DeleteBucket"], resources: ["arn:aws:s3:::acme-stale-logs"] }]
duration: 1h
runs: ${runs}
workflow: { repository: acme/infra, file: .github/workflows/delete.yml, ref: refs/heads/main, environment: production }
${more}`;

/** GitHub as the exchange sees it: one access repo, one workflow repository. */
export class FakeGitHub extends FakeLedger {
  tips = 0;
  blobs = 0;
  head: CommitSha | null = head;
  workflowBlob = objectId(hex("b"));
  skew: number | null = 0;
  wait = 0;
  triggering: Run["triggeringActor"] = { id: userId(11), login: "alice", kind: "user" };
  request: TreeFile = treeFile(path, "");
  policy = policyFiles();
  /** Asked who we are, GitHub answers with `self`; null: it does not answer. */
  self: GitHub["bot"] | null = { id: userId(99), login: "countersign[bot]", appId: 1 };
  known = true;
  identified = 0;
  get bot(): GitHub["bot"] {
    if (!this.known || !this.self) throw new RetryLater("github_unidentified", "not yet");
    return this.self;
  }
  async identify(): Promise<void> {
    this.identified++;
    if (!this.self) throw new RetryLater("github_unreachable", "no");
    this.known = true;
  }
  async tip(): Promise<CommitSha | null> {
    this.tips++;
    return this.head;
  }
  async files(): Promise<readonly TreeFile[]> {
    return [this.request];
  }
  async policyAt() {
    return this.policy;
  }
  async blobAt() {
    this.blobs++;
    return this.workflowBlob;
  }
  async run(_: string, id: Run["id"], attempt = 1): Promise<Run> {
    const at = { id, attempt, event: "workflow_dispatch", status: "in_progress", headSha: sha(1), createdAt: now };
    return { ...at, actor: this.triggering, triggeringActor: this.triggering };
  }
  skewSeconds(): number | null {
    return this.skew;
  }
  async ledgerWait(): Promise<number> {
    return this.wait;
  }
  setPolicy(target = targetText(), frozen = "[]"): void {
    this.policy = policyFiles({
      settings: treeFile(".github/countersign.yml", settingsText(frozen)),
      targets: [treeFile("targets/aws-prod.yml", target)],
      targetsTree: objectId(sha256(target).slice(7, 47)),
    });
  }
  digest(): string {
    const loaded = loadPolicy(this.policy);
    if (!loaded.ok) throw new Error(JSON.stringify(loaded.diagnostics));
    return loaded.policy.digest;
  }
}

/** A cloud that mints at once, or as a test says. */
class FakeCloud implements Broker {
  readonly kind = "aws";
  minted = 0;
  mintAs: ((n: number, signal: AbortSignal) => Promise<void>) | undefined;
  /** As GitHub: what it mints lives for an hour and can be ended before. */
  revocable = false;
  readonly revoked: string[] = [];
  revokeAs: ((secret: string) => Promise<void>) | undefined;
  async revoke(secret: string): Promise<void> {
    await this.revokeAs?.(secret);
    this.revoked.push(secret);
  }
  async mint({ signal, context }: Parameters<Broker["mint"]>[0]): Promise<Minted> {
    const n = ++this.minted;
    await this.mintAs?.(n, signal);
    return {
      response: {
        access_token: `secret-${n}`,
        issued_token_type: "urn:x",
        token_type: "N_A",
        expires_in: 900,
        region: "eu-west-1",
      },
      identifiers: { session: `cs-${context.exchange}` },
      expiresAt: new Date(now.getTime() + 900_000),
      ...(this.revocable && { revocable: { secret: `secret-${n}`, until: new Date(now.getTime() + 3_600_000) } }),
    };
  }
}

export interface World {
  readonly db: Db;
  readonly github: FakeGitHub;
  readonly cloud: FakeCloud;
  readonly keys: RecorderDeps["keys"];
  readonly recorder: Recorder;
  readonly exchange: Exchange;
  readonly issuer: Issuer;
  readonly log: Record<string, unknown>[];
  readonly enqueued: string[];
  readonly time: { now: Date };
  readonly config: {
    publicUrl: string;
    oidcIssuer: string;
    webUrl: string;
    frozen: ExchangeDeps["config"]["frozen"];
  };
  readonly grant: string;
  /** Another process on the same database. */
  restart(over?: Partial<ExchangeDeps>): Exchange;
}

export async function startWorld(
  db: Db,
  issuer: Issuer,
  options: { runs?: number; request?: string; text?: string; target?: string } = {},
): Promise<World> {
  const [github, cloud, keys] = [new FakeGitHub(), new FakeCloud(), ledgerKeys()];
  const time = { now };
  const clock = { now: () => time.now };
  github.setPolicy(options.target);
  await enrol(db);
  await db.updateTable("enrolment").set({ accepted_digest: github.digest(), owner_id: owner }).execute();
  const recorder = recorderOn(db, github, keys, { clock });
  await recorder.openLedger(access, genesis(keys));
  const log: Record<string, unknown>[] = [];
  const enqueued: string[] = [];
  const note = (line: unknown): void => void log.push(line as Record<string, unknown>);
  const config = { publicUrl, oidcIssuer: issuer.url, webUrl: "https://github.example", frozen: [] };
  const deps: ExchangeDeps = {
    db,
    github,
    recorder,
    keys: { signAssertion: async () => "assertion" },
    sealer: sealer(Buffer.alloc(32, 7)),
    brokers: new Map([["aws", cloud]]),
    policies: createPolicies(github),
    liveHead: createLiveHead(github),
    clock,
    pause,
    log: { info: note, warn: note, error: note },
    config,
    keySet: createKeySet(issuer.url, fetch),
    newId: randomUUID,
    enqueue: async (key) => void enqueued.push(key),
  };
  const grant = await insertGrant(db, github, options);
  const restart = (over: Partial<ExchangeDeps> = {}): Exchange =>
    createExchange({ ...deps, policies: createPolicies(github), liveHead: createLiveHead(github), ...over });
  return {
    db,
    github,
    cloud,
    keys,
    recorder,
    exchange: createExchange(deps),
    issuer,
    log,
    enqueued,
    time,
    config,
    grant,
    restart,
  };
}

/** A grant as the grant room writes it. */
export async function insertGrant(
  db: Db,
  github: FakeGitHub,
  {
    runs = 1,
    request = "",
    name = path,
    text = requestText(runs, request),
  }: { runs?: number; request?: string; name?: string; text?: string } = {},
): Promise<string> {
  const file = treeFile(name, text);
  if (name === path) github.request = file;
  const loaded = loadPolicy(github.policy);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.diagnostics));
  const { decision, grant } = grantRows({
    policy: loaded.policy,
    file,
    now,
    workflow: { id: 74, blob: objectId(hex("b")) },
    pullRequest: { number: 7, id: 5000 },
    notBefore: new Date(now.getTime() - 1_800_000),
    expiresAt: new Date(now.getTime() + 1_800_000),
  });
  await db.insertInto("decision").values(decision).execute();
  await db.insertInto("grant").values(grant).execute();
  return grant.id;
}

export const form = (token: string, over: Readonly<Record<string, string>> = {}): URLSearchParams =>
  new URLSearchParams({
    grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
    subject_token_type: "urn:ietf:params:oauth:token-type:jwt",
    subject_token: token,
    ...over,
  });

/** One request with a new token; `over` changes its claims. */
export const ask = async (
  world: Pick<World, "exchange" | "issuer">,
  over: Readonly<Record<string, unknown>> = {},
  params: Readonly<Record<string, string>> = {},
) =>
  world.exchange.token(form(await world.issuer.token(over), params), {
    correlationId: randomUUID(),
    remote: "192.0.2.1",
  });

/** The fine code of a refusal, which `error_uri` names. */
export const codeOf = (answer: { body: Readonly<Record<string, unknown>> }): string | undefined =>
  "access_token" in answer.body ? "released" : String(answer.body.error_uri).split("#")[1];

export const states = async (db: Db): Promise<readonly string[]> =>
  (await db.selectFrom("exchange").select("state").orderBy("started_at").execute()).map((row) => row.state);

export const until = async (condition: () => boolean | Promise<boolean>): Promise<void> => {
  for (let i = 0; i < 300; i++) {
    if (await condition()) return;
    await delay(10);
  }
  throw new Error("it did not come to that");
};
