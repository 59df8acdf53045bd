import type { AwsRole } from "../access-repo/types.ts";
import { finish, planCommon } from "./common.ts";
import { awsNotLimited, awsRisks } from "./notes-aws.ts";
import { awsRegion } from "./region.ts";
import { failure, type Rendered } from "./rendered.ts";
import { oversize } from "./session-policy.ts";
import { normalStatements } from "./statements.ts";
import type { AwsPlanData, PlanInput } from "./types.ts";

/** Version 1 of the aws plan. What it yields for old grants never changes; what would change it is version 2. */
export function renderAws(input: PlanInput, role: AwsRole): Rendered {
  const { request } = input;
  const shared = planCommon(input, "aws");
  if (!shared.ok) return shared;
  const region = awsRegion(role.role_arn, request.target.region);
  if (region === undefined) {
    return failure(
      "region_not_of_partition",
      `Region ${request.target.region ?? "(none)"} is not of the partition of ${role.role_arn}: correct one of them in the target file.`,
    );
  }
  if (request.allow === undefined || request.allow.length === 0) {
    return failure("nothing_allowed", "The request allows nothing: name actions and resources.");
  }
  const data: AwsPlanData = {
    ...shared.common,
    kind: "aws",
    role_arn: role.role_arn,
    region,
    max_session: role.max_session,
    statements: normalStatements(request.allow),
  };
  const problem = oversize(data);
  if (problem !== undefined) return failure("policy_too_long", problem);
  const { narrowed } = request;
  const notes = { risks: awsRisks(data, role, narrowed), notLimited: awsNotLimited(data, role) };
  return finish(data, { narrowed, ...notes, repositories: new Map() });
}
