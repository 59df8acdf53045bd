import { beforeAll, describe, expect, test } from "vitest";
import { type ActionCatalogue, servicesOf } from "../../src/access-repo/index.ts";
import { wildFits } from "../../src/access-repo/glob.ts";
import { type CatalogueSource, openCatalogue } from "../../src/action-catalogue/index.ts";
import { alsoGrants, ways } from "../../src/plan/escalation.ts";
import { actionRisks, type RiskNote } from "../../src/plan/index.ts";

let source: CatalogueSource;
beforeAll(async () => {
  source = await openCatalogue();
});

async function risksOf(...actions: readonly string[]): Promise<readonly RiskNote[]> {
  return actionRisks([{ actions }], await source.load(servicesOf([{ actions }])));
}
const textOf = async (code: string, ...actions: readonly string[]): Promise<string | undefined> =>
  (await risksOf(...actions)).find((note) => note.code === code)?.text;

describe("what changes who may do what", () => {
  test("is named", async () => {
    expect(await textOf("permissions_management", "s3:PutBucketPolicy", "S3:PUTBUCKETACL")).toBe(
      "Can change who may do what (Permissions management): s3:PutBucketPolicy, s3:PutBucketAcl.",
    );
  });
  test("also where only a wildcard reaches it: a handful of names and how many more", async () => {
    const text = await textOf("permissions_management", "s3:Put*");
    expect(text).toMatch(/management\): (?:s3:Put\w+, ){5}s3:Put\w+ \+\d+\.$/);
    const catalogue = await source.load(["s3"]);
    const all = [...catalogue.actionsOf("s3").values()].filter(
      ({ name, level }) => name.startsWith("Put") && level === "Permissions management",
    );
    expect(text).toContain(` +${all.length - 6}.`);
  });
  test.each([
    "ram:CreateResourceShare",
    "ec2:ModifyImageAttribute",
    "rds:ModifyDBSnapshotAttribute",
    "xray:PutResourcePolicy", // AWS calls these Write
    "lex:CreateResourcePolicy",
    "lambda:CreateFunctionUrlConfig",
  ])("%s lets others in, though AWS calls it Write", async (action) =>
    expect(await textOf("permissions_management", action)).toContain(action),
  );
  test.each([
    "s3:Get*",
    "s3:DeleteBucket",
    "s3:PutObject",
    "xray:DeleteResourcePolicy",
    "autoscaling:PutScalingPolicy",
  ])("%s does not", async (action) => expect(await textOf("permissions_management", action)).toBeUndefined());
});

describe("known ways to more power", () => {
  test("are named with their reason", async () => {
    expect(await textOf("privilege_escalation", "lambda:UpdateFunctionCode", "ssm:SendCommand", "s3:GetObject")).toBe(
      "Known ways to more power: runs code with another role (lambda:UpdateFunctionCode); runs commands on machines, with their roles (ssm:SendCommand).",
    );
  });
  test("also through wildcards; every way is named before one gets a second name", async () => {
    const text = await textOf("privilege_escalation", "lambda:*", "ec2:*", "iam:*", "cloudformation:*", "ssm:*");
    for (const { reason } of ways) expect(text).toMatch(new RegExp(`${reason} \\(\\w`));
    expect(text?.match(/\w+:\w+/g)).toHaveLength(6);
    expect(text).toMatch(/ \+\d\d\.$/);
  });
  test.each(["s3:*", "ec2:Describe*", "lambda:InvokeFunction", "dynamodb:*", "ssm:GetParameter"])(
    "%s is none",
    async (action) => expect(await textOf("privilege_escalation", action)).toBeUndefined(),
  );

  // The 65 paths that pathfinding.cloud had in December 2025, by what each needs; iam:PassRole, which most start with, is
  // left out, so that the note does not hang on it alone.
  test.each(
    `apprunner:CreateService
    apprunner:UpdateService
    bedrock-agentcore:CreateCodeInterpreter bedrock-agentcore:StartCodeInterpreterSession
    bedrock-agentcore:StartCodeInterpreterSession bedrock-agentcore:InvokeCodeInterpreter
    cloudformation:CreateStack
    cloudformation:UpdateStack
    cloudformation:CreateStackSet cloudformation:CreateStackInstances
    cloudformation:UpdateStackSet
    cloudformation:CreateChangeSet cloudformation:ExecuteChangeSet
    codebuild:CreateProject codebuild:StartBuild
    codebuild:StartBuild
    codebuild:StartBuildBatch
    datapipeline:CreatePipeline datapipeline:PutPipelineDefinition
    ec2-instance-connect:SendSSHPublicKey
    ec2:RunInstances
    ec2:ModifyInstanceAttribute ec2:StopInstances ec2:StartInstances
    ec2:RequestSpotInstances
    ec2:CreateLaunchTemplateVersion ec2:ModifyLaunchTemplate
    ecs:CreateCluster ecs:RegisterTaskDefinition ecs:CreateService
    ecs:RegisterTaskDefinition ecs:RunTask
    ecs:RegisterTaskDefinition ecs:StartTask
    glue:CreateDevEndpoint
    glue:UpdateDevEndpoint
    glue:CreateJob glue:StartJobRun
    glue:UpdateJob glue:CreateTrigger
    iam:CreatePolicyVersion
    iam:CreateAccessKey
    iam:CreateLoginProfile
    iam:UpdateLoginProfile
    iam:PutRolePolicy
    iam:PutUserPolicy
    iam:PutGroupPolicy
    iam:AttachUserPolicy
    iam:AttachRolePolicy
    iam:AttachGroupPolicy
    iam:UpdateAssumeRolePolicy
    iam:AddUserToGroup
    iam:PassRole
    lambda:CreateFunction lambda:InvokeFunction
    lambda:CreateFunction lambda:CreateEventSourceMapping
    lambda:CreateFunction lambda:AddPermission
    lambda:UpdateFunctionCode
    sagemaker:CreateNotebookInstance
    sagemaker:CreateTrainingJob
    sagemaker:CreateProcessingJob
    sagemaker:CreatePresignedNotebookInstanceUrl
    sagemaker:CreateNotebookInstanceLifecycleConfig sagemaker:UpdateNotebookInstance
    ssm:StartSession
    ssm:SendCommand
    sts:AssumeRole`.split("\n"),
  )("%s", async (path) => expect(await textOf("privilege_escalation", ...path.trim().split(" "))).toBeDefined());
});

describe("the tables against AWS's list", () => {
  const tables = [...ways.map(({ actions }) => actions), alsoGrants].map((table) => table.trim().split(/\s+/));
  test("every entry is an action of AWS, or takes some", async () => {
    const entries = tables.flat();
    const catalogue: ActionCatalogue = await source.load(servicesOf([{ actions: entries }]));
    const empty = entries.filter((entry) => {
      const [service = "", name = ""] = entry.split(":");
      return ![...catalogue.actionsOf(service).keys()].some((key) => wildFits(name.toLowerCase(), key));
    });
    expect(empty).toEqual([]);
  });
  test("none stands twice in one table", () => {
    for (const entries of tables) expect(new Set(entries).size).toBe(entries.length);
  });
});

test("everything: both notes, without any list", async () => {
  expect((await risksOf("*")).map(({ code }) => code)).toEqual(["permissions_management", "privilege_escalation"]);
  expect((await risksOf("s3:GetObject", "*")).map(({ code }) => code)).toHaveLength(2);
});
test("nothing risky: no note", async () => expect(await risksOf("s3:GetObject", "s3:DeleteBucket")).toEqual([]));
test.each(["nonsense", "", "s4:x", "s3:Foo"])("%j has no risks and does not throw", async (action) =>
  expect(await risksOf(action)).toEqual([]),
);
test("a service that was not loaded is a programming error, never a plan without its risks", async () => {
  const catalogue = await source.load(["s3"]);
  expect(() => actionRisks([{ actions: ["iam:*"] }], catalogue)).toThrow(RangeError);
});
