import { evaluate } from "./policy.ts";
import { credentials, invalid, namespace, newSession } from "./sts.ts";
import { AwsError, type ResourceStatement, type Role, type Session } from "./types.ts";
import { sessionNameShape } from "./web-identity.ts";
import type { Xml } from "./xml.ts";

/**
 * `AssumeRole` by a session of a role (role chaining), without a policy of its own. The new session has none of what limits the
 * caller's. Sources: STS API reference, AssumeRole; IAM User Guide, "Role chaining" (at most one hour).
 */
export function assumeRole(
  form: URLSearchParams,
  caller: Session,
  {
    roles,
    now,
    requestId,
  }: { readonly roles: ReadonlyMap<string, Role>; readonly now: Date; readonly requestId: string },
): { readonly session: Session; readonly answer: Xml } {
  const roleArn = form.get("RoleArn") ?? "";
  const name = form.get("RoleSessionName") ?? "";
  if (!sessionNameShape.test(name)) throw invalid("Member must satisfy regular expression pattern: [\\w+=,.@-]*");
  const duration = Number(form.get("DurationSeconds") ?? 3600);
  if (!Number.isInteger(duration) || duration < 900)
    throw invalid("Member must have value greater than or equal to 900");
  if (duration > 3600) {
    throw invalid("The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining");
  }
  const role = roles.get(roleArn);
  const action = "sts:AssumeRole";
  // A trust policy is the role's resource policy: it must name the caller, whose own policies may still deny.
  const trusts = role?.assumableBy?.includes(caller.identityArn) === true;
  const trust: ResourceStatement = {
    Effect: "Allow",
    Action: action,
    Resource: "*",
    Principal: { AWS: caller.identityArn },
  };
  if (!role || !trusts || evaluate({ action, resource: roleArn, now }, caller, [trust]) !== "allowed") {
    throw new AwsError(
      403,
      "AccessDenied",
      `User: ${caller.arn} is not authorized to perform: ${action} on resource: ${roleArn}`,
    );
  }
  const session = newSession(role, name, undefined, now, duration);
  return {
    session,
    answer: {
      [`AssumeRoleResponse ${namespace}`]: {
        AssumeRoleResult: {
          AssumedRoleUser: { Arn: session.arn, AssumedRoleId: session.userId },
          Credentials: credentials(session),
        },
        ResponseMetadata: { RequestId: requestId },
      },
    },
  };
}
