/**
 * Names in AWS's spelling, with `*` as IAM has it and spaces between; or one with the only resources that it acts on, where
 * AWS documents that.
 */
export type PersistentAction =
  | string
  | {
      readonly name: string;
      /** The sixth field of the ARNs of that service, with region and account, that the action is authorized on. */
      readonly on: string;
    };

/**
 * Actions of AWS that make credentials or standing access which outlive the session, so that neither the session policy nor
 * its Deny at the end reaches what they made (CLOUDS.md section 8). By service.
 *
 * In the list is what makes somebody able to act afterwards with one call: an answer that holds credentials or a token of its
 * own life, a key or password made or changed, a new identity, a trust, more power for an identity, a role handed on.
 *
 * Not in the list, each for a reason:
 * - policies of resources and shares (s3:PutBucketPolicy, kms:CreateGrant, ram:CreateResourceShare): they change a resource,
 *   and every change stays; the plan names them as Permissions management or sharing;
 * - code and configuration put where a role already is (lambda:UpdateFunctionCode, ssm:SendCommand): what deployments do;
 *   the plan names them as ways to more power;
 * - reading a secret that exists (secretsmanager:GetSecretValue, ec2:GetPasswordData): nothing is made;
 * - identities that are not AWS's: users of an application, directory, database, broker or mail system
 *   (cognito-idp:AdminCreateUser, ds:ResetUserPassword, mq:CreateUser), and tokens for an application's own audience;
 * - signatures that AWS checks against the session when they are used (presigned URLs of S3, rds-db:connect, bearer calls).
 *
 * A longer list ends live grants that reach what is new, since an exchange judges the request again; that is meant.
 */
export const persistentActions: Readonly<Record<string, readonly PersistentAction[]>> = {
  // Credentials of AWS.
  sts: [
    "AssumeRole*", // chained sessions
    "AssumeRoot",
    "GetDelegatedAccessToken",
    "GetFederationToken",
    "GetServiceBearerToken",
    "GetSessionToken",
    "GetWebIdentityToken",
  ],
  iam: [
    // A service that was handed a role acts on after the window, with code of the one who handed it.
    "PassRole",
    // Keys, passwords, second factors.
    "CreateAccessKey UpdateAccessKey CreateLoginProfile UpdateLoginProfile ChangePassword",
    "CreateServiceSpecificCredential ResetServiceSpecificCredential UpdateServiceSpecificCredential",
    "UploadSSHPublicKey UpdateSSHPublicKey UploadSigningCertificate UpdateSigningCertificate",
    "EnableMFADevice ResyncMFADevice DeactivateMFADevice UpdateAccountEmailAddress",
    // Identities, and who may become them.
    "CreateUser CreateRole CreateServiceLinkedRole UpdateAssumeRolePolicy AddRoleToInstanceProfile",
    "CreateOpenIDConnectProvider UpdateOpenIDConnectProviderThumbprint AddClientIDToOpenIDConnectProvider",
    "CreateSAMLProvider UpdateSAMLProvider EnableOutboundWebIdentityFederation",
    "EnableOrganizationsRootSessions EnableOrganizationsRootCredentialsManagement",
    "AcceptDelegationRequest AssociateDelegationRequest CreateDelegationRequest SendDelegationToken",
    // Power of existing identities: given, or a Deny and a boundary taken away. Tags are power where policies read them.
    "Attach*Policy Put*Policy CreatePolicyVersion SetDefaultPolicyVersion AddUserToGroup",
    "Detach*Policy DeleteGroupPolicy DeleteRolePolicy DeleteUserPolicy RemoveUserFromGroup",
    "Delete*PermissionsBoundary Put*PermissionsBoundary TagRole TagUser UntagRole UntagUser",
  ],
  // `aws login` and its like: refresh tokens.
  signin: ["Authenticate AuthorizeOAuth2Access CreateOAuth2* CreateTrustedIdentityPropagation* Put*"],
  // Roles Anywhere trades certificates for credentials; without its revocation list, also revoked ones.
  rolesanywhere: ["Create* Update* Enable* PutAttributeMapping DeleteCrl DisableCrl"],
  "acm-pca": ["IssueCertificate"],
  "cognito-identity": [
    "CreateIdentityPool UpdateIdentityPool SetIdentityPoolRoles SetPrincipalTagAttributeMap",
    "GetCredentialsForIdentity GetOpenIdToken*",
  ],
  account: ["StartPrimaryEmailUpdate AcceptPrimaryEmailUpdate"], // who reads that mail can reset the root password
  organizations: [
    "CreateAccount CreateGovCloudAccount RegisterDelegatedAdministrator PutResourcePolicy",
    // What holds identities of member accounts down.
    "DetachPolicy UpdatePolicy DisablePolicyType MoveAccount LeaveOrganization",
    "RemoveAccountFromOrganization",
  ],

  // IAM Identity Center: nearly every change there is somebody's standing access.
  sso: [
    "Associate* Attach* Create* Detach* Import* Provision* Put* Update*",
    "DeleteInlinePolicyFromPermissionSet DeletePermissionsBoundaryFromPermissionSet",
  ],
  "sso-directory": ["Add* Complete* Create* Enable* Import* Start* Update*"],
  "sso-oauth": ["CreateToken*"],
  identitystore: ["CreateUser CreateGroupMembership UpdateUser"],
  "identity-sync": ["CreateSync* UpdateSync*"],

  // Credentials of a role, in the answer of another service.
  athena: ["CreatePresignedNotebookUrl GetSessionEndpoint"],
  "aws-external-anthropic": ["AssumeConsole"],
  cloud9: ["CreateEnvironmentMembership CreateEnvironmentToken ModifyTemporaryCredentialsOnEnvironmentEC2"],
  cloudwatch: ["AssumeAccessProfile CreateOneTimeDeepLinkCode GetSpaceCredentials*"],
  datazone: [
    "GetDomainExecutionRoleCredentials GetEnvironmentCredentials GetIamPortalLoginUrl RefreshToken",
    "SsoLogin",
  ],
  deadline: ["Assume*"],
  "eks-auth": ["AssumeRoleForPodIdentity"],
  elasticmapreduce: ["Create*PresignedUrl Get*PresignedURL GetClusterSessionCredentials GetSessionEndpoint"],
  "emr-containers": ["CreateCertificate GetManagedEndpointSessionCredentials"],
  "emr-serverless": ["GetSessionEndpoint"],
  "finspace-api": ["GetProgrammaticAccessCredentials"],
  gamelift: ["GetComputeAccess GetComputeAuthToken GetInstanceAccess RequestUploadCredentials"],
  glue: [{ name: "GetSessionEndpoint", on: "session/*" }, "GlueNotebookRefreshCredentials", "RefreshOAuth2Tokens"],
  "iq-permission": ["AssumePermissionRole"],
  lakeformation: ["GetTemporary*Credentials"],
  "license-manager": ["CreateToken GetAccessToken"],
  // Access Grants: up to 12 hours (API reference of GetDataAccess); nothing that s3:Get* on buckets and objects reaches.
  s3: [{ name: "GetDataAccess", on: "access-grants/*" }],
  s3express: ["CreateSession"], // 5 minutes, of which we cannot take any back
  sagemaker: ["CreateHubContentPresignedUrls Create*Presigned*Url"], // 12 hours in a notebook, with its role
  ssm: [
    "CreateActivation RegisterManagedInstance RequestManagedInstanceRoleToken",
    "UpdateManagedInstancePublicKey UpdateManagedInstanceRole",
    { name: "GetAccessToken", on: "opsitem/*" },
  ],

  // Tokens that live on their own. "If you specify a session duration of 15 minutes, then generate a CodeArtifact
  // authorization token, the token will be valid for the full authorization period" (its API reference); ECR's: 12 hours.
  codeartifact: ["GetAuthorizationToken"],
  ecr: ["GetAuthorizationToken"],
  "ecr-public": ["GetAuthorizationToken"],
  aidevops: ["CreateAccessToken CreateOneTimeLoginSession RotateAccessToken"],
  airflow: ["CreateCliToken CreateWebLoginToken"],
  amplifybackend: ["CreateToken GetToken"],
  appstream: ["Create*StreamingURL"],
  "bedrock-agentcore": [
    "CompleteResourceTokenAuth",
    "GetResource*Token",
    "GetResourceApiKey",
    "GetWorkloadAccessToken*",
  ],
  codeconnections: ["GetConnectionToken GetIndividualAccessToken"], // of GitHub, GitLab, Bitbucket
  "codestar-connections": ["GetConnectionToken GetIndividualAccessToken"],
  connect: ["AdminGetEmergencyAccessToken GetFederationToken"],
  events: [{ name: "RetrieveConnectionCredentials", on: "connection/*" }],
  "finops-agent": ["CreateOneTimeLoginSession"],
  kinesisanalytics: ["CreateApplicationPresignedUrl"],
  lambda: [{ name: "CreateMicrovm*AuthToken", on: "microvm-image:*" }],
  quicksight: ["GenerateEmbedUrl* GetAuthCode Get*EmbedUrl"], // sessions of up to 10 hours
  redshift: ["CreateClusterUser GetClusterCredentials* GetIdentityCenterAuthToken"],
  "redshift-serverless": ["GetCredentials GetIdentityCenterAuthToken"],
  securityagent: ["CreateOneTimeLoginSession"],
  workmail: ["AssumeImpersonationRole"],

  // Keys and standing access that a service itself keeps.
  appsync: ["CreateApiKey UpdateApiKey"],
  chime: ["CreateApiKey RegenerateSecurityToken"],
  codestar: ["AssociateTeamMember CreateProject UpdateTeamMember"], // attaches policies of IAM
  eks: ["AssociateAccessPolicy AssociateIdentityProviderConfig CreateAccessEntry UpdateAccessEntry"],
  geo: ["CreateKey"],
  grafana: ["CreateWorkspaceApiKey CreateWorkspaceServiceAccountToken UpdatePermissions"],
  iot: [
    "CreateCertificateFromCsr CreateKeysAndCertificate CreateProvisioningClaim OpenTunnel",
    "RegisterCACertificate RegisterCertificate* RegisterThing RotateTunnelAccessToken UpdateCertificate",
  ],
  lightsail: [
    "CreateBucketAccessKey CreateContainerServiceRegistryLogin CreateGUISessionAccessDetails",
    "GetInstanceAccessDetails",
  ],
  managedblockchain: ["CreateAccessor"],
  q: ["CreateScimAccessToken"],
  route53globalresolver: ["CreateAccessToken UpdateAccessToken"],
  transfer: ["ImportSshPublicKey"],
};
