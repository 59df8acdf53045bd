import { DeleteBucketCommand, GetObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { brokers, type Minted, type MintInput } from "../../src/cloud/index.ts";
import type { ResolvedRequest } from "../../src/access-repo/types.ts";
import type { AwsPlanData } from "../../src/plan/types.ts";
import { type Change, planOf } from "../plan/world.ts";
import { type LocalAws, type Role, startLocalAws } from "../sandbox/clouds/index.ts";
import { context, start, window } from "./azure-world.ts";
import { startIssuer } from "./issuer.ts";

/** For a plan of test/plan/world.ts: deletes one bucket, within half an hour that is left of the window. */
export const plan = (change: Change = {}): AwsPlanData => planOf(change).data;
export const allowing = (actions: readonly string[], resources: readonly string[]): Partial<ResolvedRequest> => ({
  allow: [{ actions, resources }],
});

/** What a job's tools hold. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}
export interface Job {
  readonly sts: () => STSClient;
  /** Each is "ok", or the name of AWS's error. */
  readonly deleteBucket: (bucket: string) => Promise<string>;
  readonly get: (bucket: string, key: string) => Promise<string>;
  readonly put: (bucket: string, key: string) => Promise<string>;
  /** The ARN that AWS knows it by, or the name of its error. */
  readonly whoAmI: () => Promise<string>;
}
export interface AwsWorld {
  readonly aws: LocalAws;
  readonly issuer: Awaited<ReturnType<typeof startIssuer>>;
  readonly clock: { now: Date };
  /** The role of `plan()`, as its account's owner sets it up; what a test makes different. */
  readonly configure: (change?: Partial<Role>, subject?: string) => void;
  readonly mint: (change?: Partial<MintInput>) => Promise<Minted>;
  /** A job with these credentials, or with those in what was minted. */
  readonly job: (held: Minted | Credentials) => Job;
  readonly close: () => Promise<void>;
}

/** Our issuer, an AWS that trusts it for the plan of `plan()`, and the broker with the real client of STS between them. */
export async function startAws(): Promise<AwsWorld> {
  const clock = { now: start };
  const now = () => clock.now;
  const issuer = await startIssuer(now);
  const aws = await startLocalAws({ now, issuerUrl: issuer.url });
  const broker = brokers({ awsStsEndpoint: aws.url }).get("aws");
  if (!broker) throw new Error("no broker");
  const configure: AwsWorld["configure"] = (change = {}, subject = plan().subject) =>
    aws.roles.configure({
      roleArn: plan().role_arn,
      trust: { issuer: issuer.url, audience: "sts.amazonaws.com", subject, roleAuthorizedByIdp: true },
      permissions: [{ Effect: "Allow", Action: "*", Resource: "*" }],
      ...change,
    });
  configure();
  return {
    aws,
    issuer,
    clock,
    configure,
    mint: (change = {}) =>
      broker.mint({
        plan: plan(),
        window,
        now: clock.now,
        context,
        sign: issuer.sign,
        signal: AbortSignal.timeout(30_000),
        ...change,
      }),
    job: (held) => job(aws.url, "response" in held ? credentialsOf(held) : held),
    async close() {
      await aws.close();
      await issuer.close();
    },
  };
}

/** As a `credential_process` hands them to the tools. */
export function credentialsOf({ response }: Minted): Credentials {
  const text = JSON.parse(response.access_token) as Record<string, string>;
  return {
    accessKeyId: text["AccessKeyId"] ?? "",
    secretAccessKey: text["SecretAccessKey"] ?? "",
    sessionToken: text["SessionToken"] ?? "",
  };
}

function job(endpoint: string, credentials: Credentials): Job {
  const options = { region: "eu-west-1", endpoint, credentials, maxAttempts: 1 };
  const s3 = new S3Client({ ...options, forcePathStyle: true });
  const sts = () => new STSClient(options); // a client takes some milliseconds: only where it is asked for
  const outcome = (call: Promise<unknown>, ok: (answer: unknown) => string = () => "ok"): Promise<string> =>
    call.then(ok, (error: Error) => error.name);
  return {
    sts,
    deleteBucket: (Bucket) => outcome(s3.send(new DeleteBucketCommand({ Bucket }))),
    get: (Bucket, Key) => outcome(s3.send(new GetObjectCommand({ Bucket, Key }))),
    put: (Bucket, Key) => outcome(s3.send(new PutObjectCommand({ Bucket, Key, Body: "made by the job" }))),
    whoAmI: () => outcome(sts().send(new GetCallerIdentityCommand()), (who) => (who as { Arn: string }).Arn),
  };
}
