// Actions that can lead to more than a plan lists. AWS has no class for the first, and its class Permissions management
// leaves some of the second out. Names in AWS's spelling with `*` as IAM has it; a test asks AWS's list whether they exist.

/** A way to more power, and the actions that open it. */
interface Way {
  /** Ends the sentence "this action …". */
  readonly reason: string;
  readonly actions: string;
}

/**
 * Known ways to escalate, the most direct first. Sources: pathfinding.cloud of Datadog (65 paths, December 2025), which took
 * in the methods of Rhino Security Labs (AWS-IAM-Privilege-Escalation, 28 methods) and Bishop Fox (iam-vulnerable); the
 * privilege escalation pages of HackTricks Cloud and Hacking the Cloud for what has come since.
 */
export const ways: readonly Way[] = [
  {
    reason: "acts as another identity",
    actions: `
      sts:AssumeRole sts:AssumeRoot iam:CreateAccessKey iam:UpdateAccessKey iam:CreateLoginProfile iam:UpdateLoginProfile
      iam:CreateServiceSpecificCredential iam:ResetServiceSpecificCredential iam:UpdateAssumeRolePolicy
      iam:UpdateSAMLProvider iam:UpdateOpenIDConnectProviderThumbprint cognito-identity:SetIdentityPoolRoles
      cognito-identity:UpdateIdentityPool sso:CreateAccountAssignment identitystore:CreateGroupMembership
      sso-directory:UpdatePassword sso-directory:AddMemberToGroup eks:CreateAccessEntry eks:AssociateAccessPolicy`,
  },
  {
    reason: "gives an identity more power",
    actions: `
      iam:Attach*Policy iam:PutUserPolicy iam:PutRolePolicy iam:PutGroupPolicy iam:CreatePolicyVersion
      iam:SetDefaultPolicyVersion iam:AddUserToGroup iam:Detach*Policy iam:DeleteUserPolicy iam:DeleteRolePolicy
      iam:Delete*PermissionsBoundary iam:Put*PermissionsBoundary sso:Attach*PermissionSet sso:PutInlinePolicyToPermissionSet
      sso:Detach*PermissionSet sso:DeleteInlinePolicyFromPermissionSet sso:DeletePermissionsBoundaryFromPermissionSet
      sso:ProvisionPermissionSet codestar:AssociateTeamMember codestar:CreateProject`,
  },
  {
    reason: "hands a role to a service",
    actions: `
      iam:PassRole iam:AddRoleToInstanceProfile ec2:AssociateIamInstanceProfile ec2:ReplaceIamInstanceProfileAssociation
      rds:AddRoleToDBCluster rds:AddRoleToDBInstance redshift:ModifyClusterIamRoles`,
  },
  {
    reason: "runs code with another role",
    actions: `
      lambda:CreateFunction lambda:UpdateFunctionCode lambda:UpdateFunctionConfiguration lambda:CreateEventSourceMapping
      ec2:RunInstances ec2:RequestSpotInstances ec2:CreateLaunchTemplateVersion ec2:ModifyLaunchTemplate
      autoscaling:CreateLaunchConfiguration autoscaling:CreateAutoScalingGroup autoscaling:UpdateAutoScalingGroup
      ecs:RegisterTaskDefinition ecs:RunTask ecs:StartTask ecs:CreateService ecs:UpdateService ecs:CreateTaskSet
      apprunner:CreateService apprunner:UpdateService codebuild:CreateProject codebuild:UpdateProject codebuild:StartBuild
      codebuild:StartBuildBatch codepipeline:CreatePipeline codepipeline:UpdatePipeline
      glue:CreateDevEndpoint glue:UpdateDevEndpoint glue:CreateJob glue:UpdateJob glue:CreateTrigger glue:CreateSession
      sagemaker:CreateNotebookInstance sagemaker:UpdateNotebookInstance sagemaker:*NotebookInstanceLifecycleConfig
      sagemaker:CreateTrainingJob sagemaker:CreateProcessingJob sagemaker:CreateHyperParameterTuningJob
      sagemaker:CreatePresigned*Url datapipeline:CreatePipeline datapipeline:PutPipelineDefinition
      datapipeline:ActivatePipeline elasticmapreduce:RunJobFlow elasticmapreduce:AddJobFlowSteps
      elasticbeanstalk:CreateApplicationVersion elasticbeanstalk:CreateEnvironment elasticbeanstalk:UpdateEnvironment
      batch:RegisterJobDefinition batch:SubmitJob states:CreateStateMachine states:UpdateStateMachine states:TestState
      scheduler:CreateSchedule scheduler:UpdateSchedule events:PutTargets bedrock-agentcore:CreateCodeInterpreter
      bedrock-agentcore:StartCodeInterpreterSession bedrock-agentcore:InvokeCodeInterpreter`,
  },
  {
    reason: "deploys with another role",
    actions: `
      cloudformation:CreateStack cloudformation:UpdateStack cloudformation:CreateChangeSet cloudformation:ExecuteChangeSet
      cloudformation:CreateStackSet cloudformation:UpdateStackSet cloudformation:CreateStackInstances
      cloudformation:UpdateStackInstances`,
  },
  {
    reason: "runs commands on machines, with their roles",
    actions: `
      ssm:SendCommand ssm:StartSession ssm:ResumeSession ssm:StartAutomationExecution ssm:CreateAssociation*
      ssm:UpdateAssociation ssm:UpdateDocument ssm:UpdateDocumentDefaultVersion ssm:RegisterTaskWithMaintenanceWindow
      ssm:UpdateMaintenanceWindowTask ec2:ModifyInstanceAttribute ec2:CreateReplaceRootVolumeTask
      ec2-instance-connect:SendSSHPublicKey ec2-instance-connect:SendSerialConsoleSSHPublicKey ecs:ExecuteCommand`,
  },
];

/**
 * What lets others in although AWS calls it Write, beside every `…ResourcePolicy` that is written: shares, attributes that
 * hold launch or restore permissions, and policies under another name.
 */
export const alsoGrants = `
  aoss:CreateAccessPolicy aoss:UpdateAccessPolicy appmesh:PutMeshPolicy appstream:UpdateImagePermissions
  codeartifact:Put*PermissionsPolicy codebuild:UpdateProjectVisibility dsql:PutClusterPolicy kafka:PutClusterPolicy
  ec2:ModifyImageAttribute ec2:ModifyFpgaImageAttribute es:UpdateDomainConfig es:UpdateElasticsearchDomainConfig
  lambda:CreateFunctionUrlConfig lambda:UpdateFunctionUrlConfig logs:PutDestinationPolicy logs:PutDeliveryDestinationPolicy
  oam:PutSinkPolicy organizations:EnableAWSServiceAccess ram:AssociateResourceShare* ram:CreateResourceShare
  ram:CreatePermissionVersion ram:ReplacePermissionAssociations ram:SetDefaultPermissionVersion
  rds:ModifyDBSnapshotAttribute rds:ModifyDBClusterSnapshotAttribute rekognition:PutProjectPolicy
  sagemaker:PutModelPackageGroupPolicy sagemaker:PutLineageGroupPolicy serverlessrepo:PutApplicationPolicy
  servicecatalog:AssociatePrincipalWithPortfolio`;
