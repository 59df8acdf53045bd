import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { secretCanary } from "../sandbox/clouds/index.ts";
import { binDir, runJob } from "../sandbox/runner/index.ts";
import { policy, startWorld, type World } from "../sandbox-clouds/world.ts";
import { granted } from "./fake-machine.ts";
import { startLocalServer } from "./local-server.ts";

// The built Action in a job, before tools that know nothing of Countersign: what it exports must be enough for them.

const workflowText = `
name: Delete a bucket
on: { workflow_dispatch: { inputs: { bucket: { required: true } } } }
permissions: { id-token: write, contents: read }
jobs:
  delete:
    runs-on: ubuntu-latest
    environment: production
    steps:
      - id: countersign
        uses: acme/countersign-action@v1
        with: { url: "\${{ vars.COUNTERSIGN_URL }}", target: aws-prod }
      - run: aws sts get-caller-identity
      - run: aws s3api delete-bucket --bucket "\${{ inputs.bucket }}"
      - name: What a careless step shows
        if: always()
        run: env | grep AWS_ ; echo "\${{ steps.countersign.outputs.aws-secret-access-key }}"
`;
const action = fileURLToPath(new URL("../../action", import.meta.url));

let world: World;
let workDir: string;
let server: Awaited<ReturnType<typeof startLocalServer>>;
beforeEach(async () => {
  world = await startWorld();
  world.aws.buckets.set("acme-stale-logs", new Map()).set("acme-other", new Map());
  workDir = await mkdtemp(join(tmpdir(), "countersign-job-"));
  server = await startLocalServer(async () => {
    const { Credentials: c } = await world.assume({
      Policy: JSON.stringify(policy("s3:DeleteBucket", "arn:aws:s3:::acme-stale-logs")),
    });
    const { AccessKeyId, SecretAccessKey, SessionToken } = c ?? {};
    // The world's clock stands still; tools look at the machine's, and take no credential_process that has ended by it.
    const Expiration = new Date(Date.now() + 3_600_000);
    return {
      status: 200,
      body: granted({
        access_token: JSON.stringify({ Version: 1, AccessKeyId, SecretAccessKey, SessionToken, Expiration }),
      }),
    };
  });
});
afterEach(async () => {
  await Promise.all([world.close(), server.close()]);
  await rm(workDir, { recursive: true });
});

const job = (bucket: string, text = workflowText, env: Record<string, string> = {}) =>
  runJob({
    workflowText: text,
    inputs: { bucket },
    vars: { COUNTERSIGN_URL: server.url },
    github: { repository: "acme/infra", run_id: "1" },
    oidc: server.oidc,
    env: { AWS_ENDPOINT_URL: world.aws.url, AWS_EC2_METADATA_DISABLED: "true", ...env },
    actions: { "acme/countersign-action": action },
    path: [binDir],
    workDir,
  });

test("a job deletes the bucket that was approved, and its log holds no secret", async () => {
  const result = await job("acme-stale-logs");
  expect(result.log).toContain("assumed-role/countersign-operator/countersign-42");
  expect(result.conclusion).toBe("success");
  expect([...world.aws.buckets.keys()]).toEqual(["acme-other"]);
  expect(result.log).toContain("AWS_SECRET_ACCESS_KEY=***");
  expect(JSON.stringify([result.log, result.steps.map(({ summary }) => summary)])).not.toMatch(
    `${secretCanary}|canary`,
  );
  expect(result.steps[0]?.summary).toContain("| Grant | `01JD-GRANT` |");
});

test("with credentials-file each tool exchanges for itself, by nothing but AWS_CONFIG_FILE", async () => {
  const text = workflowText.replace("target: aws-prod }", 'target: aws-prod, credentials-file: "true" }');
  const result = await job("acme-stale-logs", text);
  expect(result.log).toContain("assumed-role/countersign-operator/countersign-42");
  expect(result.conclusion).toBe("success");
  expect([...world.aws.buckets.keys()]).toEqual(["acme-other"]);
  // The step's own, and one for each of the two commands: each by a token of its own.
  const tokens = server.received.filter(({ path }) => path === "/token").map(({ form }) => form.get("subject_token"));
  expect(tokens).toHaveLength(3);
  expect(new Set(tokens).size).toBe(3);
  expect(result.log).not.toMatch(/AWS_ACCESS_KEY_ID=./);
  expect(JSON.stringify([result.log, result.steps.map(({ summary }) => summary)])).not.toContain(secretCanary);
});

test("a job that wants another bucket is told so by the cloud", async () => {
  const result = await job("acme-other");
  expect(result.conclusion).toBe("failure");
  expect(result.log).toContain(
    "An error occurred (AccessDenied) when calling the DeleteBucket operation: User: arn:aws:sts::",
  );
  expect(result.log).toContain("##[error]Process completed with exit code 254.");
  expect(world.aws.buckets.has("acme-other")).toBe(true);
});

test("a job without the permission learns which line to add", async () => {
  const result = await job("acme-stale-logs", workflowText.replace("id-token: write, ", ""));
  expect(result.conclusion).toBe("failure");
  expect(result.log).toContain("permissions: id-token: write");
  expect(server.received).toEqual([]);
});

test("without the Action the aws command finds no credentials of ours", async () => {
  const result = await job("acme-stale-logs", workflowText.replace(/ {6}- id: countersign\n.*\n.*\n/, ""), {
    AWS_REGION: "eu-west-1",
  });
  expect(result.log).toContain("Unable to locate credentials");
  expect(result.steps[0]).toMatchObject({ outcome: "failure" });
});
