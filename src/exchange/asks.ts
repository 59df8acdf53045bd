// POST /requests: a job asks, and we open the pull request (DESIGN.md section 6).
import { ownerId, type OwnerId } from "../base/ids.ts";
import type { Db } from "../store/index.ts";
import { askForAccess, type Opened } from "./ask.ts";
import type { AskDeps, Asks } from "./ask-types.ts";
import { KnownIds } from "./known-ids.ts";
import { RepositoryLimits } from "./limits.ts";
import { openAsk } from "./open-ask.ts";
import { answering } from "./refusing.ts";
import type { Answer } from "./types.ts";

/**
 * Strangers are answered at multiples of this, in milliseconds (C44): GitHub is asked whether the policy in force is the one
 * that we know, which takes its time.
 */
const floor = 1000;

/** Each costs a dozen calls of GitHub. */
const rate = { burst: 100, perSecond: 1 };

export function createAsks(deps: AskDeps): Asks {
  const owners = new KnownIds(() => enrolledOwners(deps.db));
  const limits = new RepositoryLimits(rate, deps.clock);
  const answer = answering({ deps, limits, floor: () => floor });
  return {
    request: (body, { bearer, ...meta }) =>
      answer(meta, async (trail) =>
        opened(deps, await askForAccess(deps, { owners, limits }, body, bearer, trail), meta.correlationId),
      ),
    open: (id) => openAsk(deps, id),
  };
}

async function enrolledOwners(db: Db): Promise<ReadonlySet<OwnerId>> {
  const rows = await db.selectFrom("enrolment").select("owner_id").distinct().where("state", "=", "active").execute();
  return new Set(rows.map((row) => ownerId(row.owner_id)));
}

function opened(
  { config, log }: AskDeps,
  { enrolment, path, pullRequest, created }: Opened,
  correlationId: string,
): Answer {
  log.info({ correlation_id: correlationId, access: enrolment.id, pull_request: pullRequest, created }, "requested");
  return {
    status: created ? 201 : 200,
    headers: { "Cache-Control": "no-store", Pragma: "no-cache" },
    body: {
      pull_request: `${config.webUrl}/${enrolment.fullName}/pull/${pullRequest}`,
      access_repo: enrolment.fullName,
      request: path,
      correlation_id: correlationId,
    },
  };
}
