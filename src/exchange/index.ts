// POST /token: a job's OIDC token for credentials under a grant; POST /requests: a job asks (DESIGN.md sections 4 and 6).
import { coalesce } from "../recorder/index.ts";
import { released } from "./answers.ts";
import { beginning } from "./begin.ts";
import { dropOverdue, forgetTokens } from "./drop.ts";
import { explainEnded, Grants, workflowRepositories } from "./grants.ts";
import { KnownIds } from "./known-ids.ts";
import { RepositoryLimits } from "./limits.ts";
import { GrantRefusals } from "./grant-refusals.ts";
import { LiveCheck } from "./live.ts";
import { PlanEnded } from "./plan-ended.ts";
import { markingMinted } from "./minted.ts";
import { Refusals } from "./refusals.ts";
import { answering, known } from "./refusing.ts";
import { releasing } from "./release.ts";
import { revokeEnded } from "./revoke.ts";
import { exchangeToken, type Parts } from "./token.ts";
import type { Exchange, ExchangeDeps } from "./types.ts";

export type { AskDeps, Asks } from "./ask-types.ts";
export { createAsks } from "./asks.ts";
export { codes, type Code } from "./codes.ts";
export type { ExchangeEvent } from "./channel.ts";
export { importedEntries } from "./imported.ts";
export { createKeySet, type KeySet } from "./key-set.ts";
export { createLiveHead, type LiveHead } from "./live-head.ts";
export { createPolicies, type Policies } from "./policies.ts";
export { checkRolesAgainKey, createRoleChecks, type RoleCheckDeps, type RoleChecks } from "./roles/index.ts";
export type { Answer, Exchange, ExchangeDeps } from "./types.ts";

/** In milliseconds, see `answering`; the long one where others may have to be asked (`claimedBy`). */
const floor = 50;
const longFloor = 1000;
/** The largest matrix of jobs has 256 (GitHub's limit); several come at once, and long jobs come again. */
const rate = { burst: 2000, perSecond: 50 };

export function createExchange(deps: ExchangeDeps): Exchange {
  const repositories = new KnownIds(() =>
    workflowRepositories(deps.db, new Date(deps.clock.now().getTime() - explainEnded)),
  );
  const refusals = new Refusals(deps);
  const grantRefusals = new GrantRefusals(deps);
  const limits = new RepositoryLimits(rate, deps.clock);
  const parts: Parts = {
    deps,
    repositories,
    limits,
    live: new LiveCheck(deps),
    grants: new Grants(deps.db),
    begin: beginning(deps),
    markMinted: markingMinted(deps),
    release: releasing(deps),
  };
  const answer = answering({
    deps,
    limits,
    floor: ({ unhurried }) => (unhurried ? longFloor : floor),
    note: (access, job, code) => refusals.note(access, job, code),
    tell: (grant, refusal, correlationId) => grantRefusals.note(grant, refusal, correlationId),
  });
  const planEnded = new PlanEnded(deps);
  const endTokens = coalesce(() => revokeEnded(deps, planEnded));
  return {
    token: (params, meta) =>
      answer(meta, async (trail) => {
        const { minted, grant } = await exchangeToken(parts, params, meta.correlationId, trail);
        deps.log.info({ correlation_id: meta.correlationId, ...known(trail) }, "released");
        return released(minted, grant);
      }),
    async sweep() {
      await dropOverdue(deps);
      await endTokens();
      await forgetTokens(deps);
      await refusals.flush();
      await grantRefusals.flush();
    },
    revokeEnded: endTokens,
    refreshIndex: () => repositories.refresh(),
    flushRefusals: () => refusals.flush(),
  };
}
