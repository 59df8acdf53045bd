import { randomBytes } from "node:crypto";
import { evaluate } from "./policy.ts";
import { base32, secretKey } from "./sts.ts";
import { AwsError, type Session, type User } from "./types.ts";
import type { Xml } from "./xml.ts";

/**
 * `CreateAccessKey`, IAM API version 2010-05-08: a key of a user, which lasts until somebody deletes it. Source: IAM API reference.
 * @throws AwsError `AccessDenied`, `NoSuchEntity`
 */
export function createAccessKey(
  form: URLSearchParams,
  caller: Session,
  {
    users,
    now,
    requestId,
  }: { readonly users: ReadonlyMap<string, User>; readonly now: Date; readonly requestId: string },
): { readonly session: Session; readonly answer: Xml } {
  const name = form.get("UserName") ?? "";
  const userArn = `arn:aws:iam::${caller.account}:user/${name}`;
  const action = "iam:CreateAccessKey";
  if (evaluate({ action, resource: userArn, now }, caller) !== "allowed") {
    throw new AwsError(
      403,
      "AccessDenied",
      `User: ${caller.arn} is not authorized to perform: ${action} on resource: user ${name}`,
    );
  }
  const user = users.get(userArn);
  if (!user) throw new AwsError(404, "NoSuchEntity", `The user with name ${name} cannot be found.`);
  const session: Session = {
    accessKeyId: `AKIA${base32(randomBytes(16))}`,
    secretAccessKey: secretKey(),
    sessionToken: undefined,
    account: caller.account,
    arn: userArn,
    userId: `AIDA${base32(randomBytes(16))}`,
    identityArn: userArn,
    permissions: user.permissions,
    policy: undefined,
    issuedAt: now,
    expiresAt: undefined,
  };
  return {
    session,
    answer: {
      'CreateAccessKeyResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"': {
        CreateAccessKeyResult: {
          AccessKey: {
            UserName: name,
            AccessKeyId: session.accessKeyId,
            Status: "Active",
            SecretAccessKey: session.secretAccessKey,
            CreateDate: `${now.toISOString().slice(0, 19)}Z`,
          },
        },
        ResponseMetadata: { RequestId: requestId },
      },
    },
  };
}
