import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import path from "node:path";
import { run } from "../processes/index.ts";
import { gitEnv, ZERO } from "./git.ts";
import { accountOf, authorize } from "./permissions.ts";
import { afterRefChange, refusal } from "./refs.ts";
import { exclusively, type Sim } from "./router.ts";
import { type Actor, ApiError, type Repo } from "./types.ts";

// Refuses, ref by ref, what the caller may not push; the lists come from the simulator by environment.
const HOOK = `#!/bin/sh
zero=${ZERO}
case " $SANDBOX_PROTECTED " in *" $1 "*)
  echo "GH006: Protected branch update failed for $1." >&2
  echo "Changes must be made through a pull request." >&2
  exit 1;; esac
case " $SANDBOX_NO_FORCE " in *" $1 "*)
  if [ "$2" != $zero ] && { [ "$3" = $zero ] || ! git merge-base --is-ancestor "$2" "$3"; }; then
    echo "GH006: Protected branch update failed for $1. Cannot force-push to this branch" >&2; exit 1
  fi;; esac
if [ -n "$SANDBOX_NO_WORKFLOWS" ] && [ "$3" != $zero ]; then
  base=$2; [ "$base" = $zero ] && base=HEAD
  was=$(git rev-parse -q --verify "$base:.github/workflows"); is=$(git rev-parse -q --verify "$3:.github/workflows")
  if [ -n "$is" ] && [ "$was" != "$is" ]; then
    echo "refusing to allow a GitHub App to create or update workflow without \`workflows\` permission" >&2; exit 1
  fi
fi
exit 0
`;

export function writeHooks(dir: string): void {
  const hooks = path.join(dir, "hooks");
  mkdirSync(hooks, { recursive: true });
  const file = path.join(hooks, "update");
  writeFileSync(file, HOOK);
  chmodSync(file, 0o755);
}

export interface GitCall {
  readonly repo: Repo;
  /** `/info/refs`, `/git-upload-pack`, `/git-receive-pack`. */
  readonly service: string;
  readonly query: string;
  readonly write: boolean;
}

const SERVICE = /^\/([^/]+)\/([^/]+?)(?:\.git)?(\/info\/refs|\/git-upload-pack|\/git-receive-pack)$/;

/** Is this address git's smart HTTP? Null when it is something else. */
export function parseGitCall(s: Sim, url: URL): (Omit<GitCall, "repo"> & { repo: Repo | null }) | null {
  const m = SERVICE.exec(decodeURIComponent(url.pathname));
  if (!m) return null;
  const repo = s.world.repositories.get(`${m[1]}/${m[2]}`.toLowerCase()) ?? null;
  const service = m[3] ?? "";
  const write = service === "/git-receive-pack" || url.searchParams.get("service") === "git-receive-pack";
  return { repo, service, query: url.search.slice(1), write };
}

/** The status that refuses this caller, or null. */
export function gitRefusal(actor: Actor, call: { repo: Repo | null; write: boolean }): number | null {
  if (actor.kind === "anonymous" && (call.write || !call.repo || call.repo.isPrivate)) return 401;
  if (!call.repo) return 404;
  try {
    authorize(
      actor,
      call.repo,
      call.write
        ? { app: [["contents", "write"]], role: "write", login: true }
        : { app: [["contents", "read"]], role: "read" },
    );
    return null;
  } catch (e) {
    if (e instanceof ApiError) return e.status;
    throw e;
  }
}

export async function serveGit(
  s: Sim,
  actor: Actor,
  call: GitCall,
  req: IncomingMessage,
  body: Buffer,
  res: ServerResponse,
): Promise<void> {
  if (call.service !== "/git-receive-pack") return backend(s, actor, call, req, body, res);
  const { repo } = call;
  await exclusively(repo, async () => {
    const before = await repo.git.refs("refs/");
    await backend(s, actor, call, req, body, res, async () => {
      const after = await repo.git.refs("refs/");
      const by = accountOf(actor);
      const names = [...new Set([...before.keys(), ...after.keys()])].filter((r) => /^refs\/(heads|tags)\//.test(r));
      for (const ref of names) {
        const from = before.get(ref) ?? ZERO;
        const to = after.get(ref) ?? ZERO;
        if (from !== to) await afterRefChange(s, repo, by, { ref, before: from, after: to });
      }
    });
  });
}

/** `settle` runs before the answer ends: whoever sees the push succeed sees its consequences too. */
async function backend(
  s: Sim,
  actor: Actor,
  call: GitCall,
  req: IncomingMessage,
  body: Buffer,
  res: ServerResponse,
  settle?: () => Promise<void>,
): Promise<void> {
  const { repo } = call;
  const heads = [
    ...(await repo.git.refs("refs/heads/")).keys(),
    ...[...repo.protections.keys()].map((b) => `refs/heads/${b}`),
    // Branches that are not there yet, as far as rules name them.
    ...[...repo.rulesets, ...repo.owner.rulesets].flatMap((r) =>
      r.include.filter((p) => /^refs\/heads\/[^*]+$/.test(p)),
    ),
  ];
  const refs = [...new Set(heads)];
  const there = await repo.git.refs("refs/heads/");
  const why = (r: string) => refusal(repo, actor, r, there.has(r));
  const { stdout: out } = await run({
    command: "git",
    args: ["http-backend"],
    env: {
      ...gitEnv(s.world.dir),
      GIT_PROJECT_ROOT: s.world.dir,
      GIT_HTTP_EXPORT_ALL: "1",
      PATH_INFO: `/${repo.id}.git${call.service}`,
      QUERY_STRING: call.query,
      REQUEST_METHOD: req.method ?? "GET",
      CONTENT_TYPE: req.headers["content-type"] ?? "",
      CONTENT_LENGTH: String(body.length),
      HTTP_CONTENT_ENCODING: req.headers["content-encoding"] ?? "",
      GIT_PROTOCOL: String(req.headers["git-protocol"] ?? ""),
      REMOTE_USER: actor.kind === "anonymous" ? "" : accountOf(actor).login,
      REMOTE_ADDR: "127.0.0.1",
      SANDBOX_PROTECTED: refs.filter((r) => why(r) === "protected").join(" "),
      SANDBOX_NO_FORCE: refs.filter((r) => why(r) === "force").join(" "),
      SANDBOX_NO_WORKFLOWS: actor.kind === "installation" && actor.permissions["workflows"] !== "write" ? "1" : "",
    },
    input: body,
  });
  if (settle) await settle();
  const at = out.indexOf("\r\n\r\n");
  let status = 200;
  const headers: Record<string, string> = {};
  for (const line of out.subarray(0, at).toString("utf8").split("\r\n")) {
    const [k = "", v = ""] = line.split(/: (.*)/);
    if (k.toLowerCase() === "status") status = Number.parseInt(v, 10);
    else if (k !== "") headers[k] = v;
  }
  res.writeHead(at < 0 ? 500 : status, headers).end(out.subarray(at + 4));
}
