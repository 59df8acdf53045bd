import { loadPolicy } from "../../src/access-repo/index.ts";
import { noStanding } from "../../src/approval/index.ts";
import type { Policy, PolicyFiles, RequestPath, ResolvedRequest, TreeFile } from "../../src/access-repo/types.ts";
import type {
  Actor,
  CommitInfo,
  DecisionInput,
  Memberships,
  Push,
  Review,
  Roster,
  Snapshot,
  Standing,
} from "../../src/approval/types.ts";
import { sha256 } from "../../src/base/canonical-json.ts";
import { commitSha, digest, objectId, ownerId, pullRequestId, repositoryId, userId } from "../../src/base/ids.ts";

// A small company: alice asks, bob and carol are owners, dave and erin are of security, mallory is nobody in particular.

let nextId = 1;
const account = (login: string, kind: Actor["kind"] = "user"): Actor => ({ id: userId(nextId++), login, kind });
export const alice = account("alice");
export const bob = account("Bob"); // GitHub shows a login as its owner spells it; CODEOWNERS may spell it otherwise
export const carol = account("carol");
export const dave = account("dave");
export const erin = account("erin");
export const mallory = account("mallory");
export const robot = account("github-actions", "bot");

export const hex = (char: string): string => char.repeat(40);
export const head = commitSha(hex("a"));
export const older = commitSha(hex("b"));
export const zeros = "0".repeat(40);
export const path = "requests/aws-prod/2026-11/delete-stale-logs.yml";
export const at = (minute: number): Date => new Date(Date.UTC(2026, 10, 23, 9, minute));
export const posted = at(10);

const blob = (file: string, text: string): TreeFile => ({
  path: file,
  oid: objectId(sha256(text).slice(7, 47)),
  mode: 0o100644,
  text,
});

export interface Rules {
  readonly settings?: string;
  readonly role?: string;
  readonly codeowners?: string;
}

/** Files of an access repo; each part can be replaced as text. */
export function policyFiles(rules: Rules = {}): PolicyFiles {
  const target = `version: 1
cloud: aws
description: Production
roles:
  operator:
    role_arn: arn:aws:iam::123456789012:role/countersign-operator
    allow: [{ actions: ["s3:*"], resources: ["arn:aws:s3:::acme-*"] }]
    max_duration: 4h
${rules.role ?? ""}`;
  const codeowners =
    rules.codeowners ?? "* @acme/platform\n/requests/aws-prod/ @bob @carol\n/requests/by-team/ @acme/sre @acme/leads\n";
  return {
    settings: blob(".github/countersign.yml", `version: 1\n${rules.settings ?? "approvals: 1\n"}`),
    targetsTree: objectId(sha256(target).slice(7, 47)),
    targets: [blob("targets/aws-prod.yml", target)],
    codeowners: [blob(".github/CODEOWNERS", codeowners), undefined, undefined],
  };
}

function policyOf(files: PolicyFiles): Policy {
  const loaded = loadPolicy(files);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.diagnostics.filter((d) => d.severity === "error")));
  return loaded.policy;
}

function requestAt(policy: Policy, file = path): ResolvedRequest {
  const target = policy.targets.get("aws-prod");
  const role = target?.roles.get("operator");
  if (!target || !role) throw new Error("no role");
  const where: RequestPath = { path: file, target: target.name, name: "delete-stale-logs" };
  return {
    path: where,
    target,
    role,
    roleName: "operator",
    reason: "Delete the log bucket left behind by the storage migration",
    ticket: "OPS-1423",
    allow: [{ actions: ["s3:DeleteBucket"], resources: ["arn:aws:s3:::acme-stale-logs"] }],
    narrowed: true,
    duration: 3600,
    runs: 1,
    workflow: {
      repository: "acme/infra",
      file: ".github/workflows/delete-bucket.yml",
      ref: "refs/heads/main",
      actor: "requester",
    },
  };
}

export const commit = (more: Partial<CommitInfo> = {}): CommitInfo => ({
  sha: head,
  authors: [alice],
  committer: alice,
  ...more,
});
export const push = (actor: Actor | null = alice, more: Partial<Push> = {}): Push => ({
  before: zeros,
  after: head,
  actor,
  at: at(0),
  ...more,
});
export const review = (author: Actor | null, more: Partial<Review> = {}): Review => ({
  author,
  state: "APPROVED",
  commit: head,
  submittedAt: at(20),
  canPush: true,
  ...more,
});

function snapshotOf(files: PolicyFiles, reviews: readonly Review[], more: Partial<Snapshot> = {}): Snapshot {
  return {
    repository: {
      id: repositoryId(10),
      ownerId: ownerId(1),
      fullName: "acme/access",
      defaultBranch: "main",
    },
    tip: { sha: commitSha(hex("c")), policy: files },
    pullRequest: {
      id: pullRequestId(77),
      number: 7,
      title: "Please",
      state: "open",
      draft: false,
      author: alice,
      baseRef: "main",
      headRef: "delete-logs",
      headSha: head,
      headRepositoryId: repositoryId(10),
      mergeCommit: null,
      openedAt: at(0),
      closedBy: null,
      requestedReviewers: [],
    },
    changes: [{ path, status: "added" }],
    commits: [commit()],
    pushes: [push()],
    reviews,
    ...more,
  };
}

export interface World extends Rules {
  readonly reviews?: readonly Review[];
  readonly snapshot?: Partial<Snapshot>;
  readonly pullRequest?: Partial<Snapshot["pullRequest"]>;
  readonly teams?: Readonly<Record<string, readonly Actor[]>>;
  readonly paths?: readonly string[];
  /** Changes every request, or each by its path. */
  readonly request?: Partial<ResolvedRequest> | ((file: string) => Partial<ResolvedRequest>);
  readonly policyPaths?: readonly string[];
  readonly planPostedAt?: Date | null;
  readonly excluded?: readonly Actor[];
  readonly standing?: Partial<Standing>;
  readonly rosters?: Readonly<Record<string, Roster>>;
}

const members = (teams: World["teams"] = {}): Memberships => ({
  teams: new Map(Object.entries(teams).map(([team, people]) => [team, new Set(people.map((one) => one.id))])),
});

const planHash = digest(sha256("plan"));

/** A request of alice's that bob or carol may approve, with whatever the test makes different. */
export function inputOf(world: World = {}): DecisionInput {
  const files = policyFiles(world);
  const policy = policyOf(files);
  const base = snapshotOf(files, world.reviews ?? [], world.snapshot);
  const requests = (world.paths ?? [path]).map((file) => ({
    request: {
      ...requestAt(policy, file),
      ...(typeof world.request === "function" ? world.request(file) : world.request),
    },
    blob: objectId(hex("d")),
    planHash,
  }));
  return {
    snapshot: { ...base, pullRequest: { ...base.pullRequest, ...world.pullRequest } },
    policy,
    memberships: members(world.teams),
    subject: world.policyPaths ? { kind: "policy", paths: world.policyPaths } : { kind: "request", requests },
    planPostedAt: world.planPostedAt === undefined ? posted : world.planPostedAt,
    excluded: world.excluded ?? [],
    standing: { ...noStanding, ...world.standing },
    ...(world.rosters && { rosters: new Map(Object.entries(world.rosters)) }),
  };
}
