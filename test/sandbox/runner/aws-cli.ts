import { parseArgs } from "node:util";
import { DeleteBucketCommand, ListObjectsV2Command, S3Client, S3ServiceException } from "@aws-sdk/client-s3";
import { GetCallerIdentityCommand, STSClient, STSServiceException } from "@aws-sdk/client-sts";

interface Operation {
  readonly name: string;
  /** What the AWS CLI prints; undefined: nothing. */
  readonly run: (values: Readonly<Record<string, string | undefined>>) => Promise<unknown>;
}

// Credentials, region and AWS_ENDPOINT_URL come from the environment by the SDK's default chain and by nothing else: the
// point of this stand-in is that what the Action exports is enough for tools that know nothing of Countersign.
const s3 = () => new S3Client({ forcePathStyle: true, maxAttempts: 2 });
const sts = () => new STSClient({ maxAttempts: 2 });

const operations: Readonly<Record<string, Operation>> = {
  "s3api delete-bucket": {
    name: "DeleteBucket",
    run: async ({ bucket }) => {
      await s3().send(new DeleteBucketCommand({ Bucket: bucket }));
    },
  },
  "s3api list-objects-v2": {
    name: "ListObjectsV2",
    run: async ({ bucket, prefix }) => {
      const answer = await s3().send(new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix }));
      const contents = answer.Contents?.map(({ Key, Size, LastModified }) => ({ Key, LastModified, Size }));
      return contents && { Contents: contents };
    },
  },
  "sts get-caller-identity": {
    name: "GetCallerIdentity",
    run: async () => {
      const { UserId, Account, Arn } = await sts().send(new GetCallerIdentityCommand());
      return { UserId, Account, Arn };
    },
  },
};

/** Exit codes of the AWS CLI v2: 0, 252 for misuse, 253 for missing credentials or region, 254 for an error answer, 255 else. */
export async function awsCli(args: readonly string[]): Promise<number> {
  const [service = "", command = "", ...rest] = args;
  const operation = operations[`${service} ${command}`];
  if (!operation) {
    console.error(`aws: [ERROR]: the sandbox's aws knows ${Object.keys(operations).join(", ")}`);
    return 252;
  }
  try {
    const string = { type: "string" } as const;
    const { values } = parseArgs({
      args: rest,
      options: { bucket: string, prefix: string, region: string, output: string },
    });
    if (service === "s3api" && values.bucket === undefined) {
      console.error("aws: [ERROR]: the following arguments are required: --bucket");
      return 252;
    }
    if (values.region !== undefined) process.env["AWS_REGION"] = values.region;
    const result = await operation.run(values);
    if (result !== undefined) console.log(JSON.stringify(result, undefined, 4));
    return 0;
  } catch (error) {
    return report(error, operation.name);
  }
}

function report(error: unknown, operation: string): number {
  if (error instanceof S3ServiceException || error instanceof STSServiceException) {
    console.error(`\nAn error occurred (${error.name}) when calling the ${operation} operation: ${error.message}`);
    return 254;
  }
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof Error && error.name === "CredentialsProviderError") {
    console.error('\nUnable to locate credentials. You can configure credentials by running "aws login".');
    return 253;
  }
  if (message.includes("Region is missing")) {
    console.error('\nYou must specify a region. You can also configure your region by running "aws configure".');
    return 253;
  }
  console.error(`\n${message}`);
  return 255;
}
