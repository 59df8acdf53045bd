import type { RiskNote } from "../plan/types.ts";
import type { EvaluatedRequest } from "./evaluate-request.ts";

/** What the kind of target brings along, whatever is asked for: told with what is not limited, and no reason to look twice. */
const always: Readonly<Record<string, ReadonlySet<string>>> = {
  aws: new Set(["session_tail"]),
  gcp: new Set(),
  azure: new Set(["session_tail", "not_narrowed"]),
  github: new Set(["session_tail"]),
  oidc: new Set(["not_narrowed"]),
};

type Reviewed = Pick<EvaluatedRequest, "plan" | "review">;

const isAlways = ({ plan }: Reviewed, { code }: RiskNote): boolean => always[plan.data.kind]?.has(code) ?? false;

/** What of a request has to be looked at twice. */
export const notable = (request: Reviewed): readonly RiskNote[] =>
  request.review.risks.filter((risk) => !isAlways(request, risk));

/** The other risks. */
export const ordinary = (request: Reviewed): readonly RiskNote[] =>
  request.review.risks.filter((risk) => isAlways(request, risk));
