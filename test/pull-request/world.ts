import type { ActionCatalogue } from "../../src/access-repo/action-catalogue.ts";
import { openCatalogue } from "../../src/action-catalogue/index.ts";
import { decide } from "../../src/approval/index.ts";
import type { Decision } from "../../src/approval/types.ts";
import { sha256 } from "../../src/base/canonical-json.ts";
import { objectId } from "../../src/base/ids.ts";
import { renderPlan, reviewPlan, servicesOfPlan } from "../../src/plan/index.ts";
import type { PlanInput } from "../../src/plan/types.ts";
import type { EvaluatedRequest } from "../../src/pull-request/evaluate-request.ts";
import { type RequestPage, requestPage } from "../../src/pull-request/request-page.ts";
import type { ComparedByPath } from "../../src/pull-request/shown-requests.ts";
import { hex, inputOf as approvalOf, type World } from "../approval/world.ts";
import { type Change, inputOf } from "../plan/world.ts";

const source = await openCatalogue();
const loaded = new Map<string, ActionCatalogue>();

/** A valid request with its plan and what a reviewer is told, as `evaluateRequests` yields it. */
export async function evaluated(change: Change | PlanInput = {}, path?: string): Promise<EvaluatedRequest> {
  const plain = "access" in change && "workflow" in change && "request" in change && "path" in (change.request ?? {});
  const input = plain ? (change as PlanInput) : inputOf(change as Change);
  const request = path === undefined ? input.request : { ...input.request, path: { ...input.request.path, path } };
  const rendered = renderPlan({ ...input, request });
  if (!rendered.ok) throw new Error(`${rendered.code}: ${rendered.message}`);
  const { plan } = rendered;
  const services = servicesOfPlan(plan);
  const key = [...services].sort().join(" ");
  const catalogue = loaded.get(key) ?? (await source.load(services));
  loaded.set(key, catalogue);
  const text = "version: 1\n";
  return {
    request,
    plan,
    review: reviewPlan(plan, catalogue),
    sha256: sha256(text),
    text,
    subject: { request, blob: objectId(hex("d")), planHash: plan.hash },
  };
}

export const decided = (world: World = {}): { decision: Decision; input: ReturnType<typeof approvalOf> } => {
  const input = approvalOf(world);
  return { decision: decide(input), input };
};

/** The page of requests, with whatever of the approval is different. */
export function pageOf(
  requests: readonly EvaluatedRequest[],
  world: World = {},
  compared: ComparedByPath = new Map(
    requests.map((r) => [r.request.path.path, [{ words: "First grant of this role.", items: [] }]]),
  ),
): ReturnType<typeof requestPage> {
  const { decision, input } = decided(world);
  const page: RequestPage = {
    snapshot: input.snapshot,
    policy: input.policy,
    requests,
    decision,
    warnings: [],
    compared,
  };
  return requestPage(page);
}

/** Lines that GitHub reads as Markdown: those outside fences, with the fences that were opened and not closed. */
export function outsideFences(markdown: string): { readonly lines: readonly string[]; readonly open: boolean } {
  const lines: string[] = [];
  let fence: string | undefined;
  for (const line of markdown.split("\n")) {
    const ticks = /^(`{3,})/.exec(line)?.[1];
    if (fence === undefined && ticks !== undefined) fence = ticks;
    else if (fence !== undefined && line === fence) fence = undefined;
    else if (fence === undefined) lines.push(line);
  }
  return { lines, open: fence !== undefined };
}
