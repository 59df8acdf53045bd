import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { exchange } from "../sandbox/main-job.ts";
import { owner, targetRepo, workflowPath } from "../sandbox/seed.ts";
import { startWorld, type World } from "../sandbox/world.ts";
import type { Row } from "./measure.ts";

const access = { owner, repo: "access" };
const text = `version: 1
role: operator
reason: How long an approval takes until its job has credentials
ticket: OPS-1
actions: ["s3:DeleteBucket"]
resources: ["arn:aws:s3:::acme-stale-logs"]
duration: 1h
workflow: { repository: ${targetRepo}, file: ${workflowPath}, ref: refs/heads/main, environment: production }
dispatch: { inputs: { bucket: acme-stale-logs } }
`;

/** Milliseconds since the approval, and how much of them the local GitHub was busy: it is a simulator over git, not at once. */
interface Span {
  readonly total: number;
  readonly github: number;
}
interface Life {
  readonly merge: Span;
  readonly credentials: Span;
}

/** When the local GitHub works on a request of anybody. */
class Busy {
  #open = 0;
  #since = 0;
  #sum = 0;
  begin(): void {
    if (this.#open++ === 0) this.#since = performance.now();
  }
  end(): void {
    if (--this.#open === 0) this.#sum += performance.now() - this.#since;
  }
  until(now: number): number {
    return this.#sum + (this.#open > 0 ? now - this.#since : 0);
  }
}

async function settle({ github, app }: World): Promise<void> {
  for (let i = 0; i < 2; i++) {
    await github.settled();
    await app.idle();
  }
}

/** Asked, approved, merged, dispatched; the run's job begins as it is queued and asks until it has its credentials. */
async function life(world: World, name: string): Promise<Life> {
  const { github } = world;
  const alice = world.player("alice");
  await alice.push(name, { [`requests/aws-prod/2026-11/${name}.yml`]: text }, { from: "origin/main" });
  const { data } = await alice.api.rest.pulls.create({ ...access, title: name, head: name, base: "main" });
  await settle(world);

  const busy = new Busy();
  let approved = 0;
  let busyBefore = 0;
  const since = (): Span => {
    const now = performance.now();
    return { total: now - approved, github: busy.until(now) - busyBefore };
  };
  let merge: Span | undefined;
  const stop = github.intercept({
    before: ({ method, path }) => {
      if (method === "PUT" && path.endsWith("/merge")) merge ??= since();
      if (!path.startsWith("/_services")) busy.begin();
      return undefined;
    },
    after: ({ method, path }) => {
      busy.end();
      // The webhook of the review is on its way from here.
      if (method === "POST" && path.endsWith("/reviews")) {
        approved = performance.now();
        busyBefore = busy.until(approved);
      }
      return undefined;
    },
  });
  const credentials = new Promise<Span>((resolve, reject) => {
    const forget = github.runs.onQueued((run) => {
      forget();
      job(world, run.id).then(() => resolve(since()), reject);
    });
  });
  await world.player("bob").api.rest.pulls.createReview({ ...access, pull_number: data.number, event: "APPROVE" });
  const done = await credentials;
  stop();
  for (const run of github.runs.open()) github.completeRun(run.id, "success");
  await settle(world);
  world.clock.skip(20);
  if (!merge) throw new Error("no merge");
  return { merge, credentials: done };
}

async function job(world: World, run: number): Promise<void> {
  for (let tries = 0; tries < 1000; tries++) {
    const { status, body } = await exchange(
      world,
      await world.github.jobToken({ aud: world.app.url, run_id: String(run) }),
    );
    if (status === 200) return;
    if (status !== 503 && body["error"] !== "authorization_pending")
      throw new Error(`the job was told ${String(body["error"])}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error("the job has no credentials");
}

function row(what: string, spans: readonly number[], goal?: string): Row {
  const [first = 0, ...later] = spans;
  later.sort((a, b) => a - b);
  return { what, first, median: later[Math.floor(later.length / 2)] ?? first, ...(goal && { goal }) };
}

/** From the webhook of an approval to the merge call, and to released credentials, on the store that is built in. */
export async function approval(lives = 6): Promise<readonly Row[]> {
  const dir = await mkdtemp(join(tmpdir(), "countersign-bench-"));
  const world = await startWorld({ dir });
  try {
    await settle(world);
    const spans: Life[] = [];
    for (let i = 0; i < lives; i++) spans.push(await life(world, `bench-${i}`));
    const ours = ({ total, github }: Span): number => total - github;
    return [
      row(
        "approving webhook to the merge call, GitHub's own time left out",
        spans.map((s) => ours(s.merge)),
        "under 300 ms",
      ),
      row(
        "the same with the time of the local GitHub",
        spans.map((s) => s.merge.total),
      ),
      row(
        "approving webhook to released credentials, GitHub's own time left out",
        spans.map((s) => ours(s.credentials)),
        "under 1 s",
      ),
      row(
        "the same with the time of the local GitHub",
        spans.map((s) => s.credentials.total),
      ),
    ];
  } finally {
    await world.close();
    await rm(dir, { recursive: true, force: true });
  }
}
