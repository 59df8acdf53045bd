export { addedFreezes, freezeText } from "./added-freezes.ts";
export { type Ask, parseAsk } from "./ask.ts";
export { type Change, type ChangeKind, classifyChanges } from "./changes.ts";
export { checkRequest, type CheckRequestInput } from "./check-request.ts";
export { sameDispatch } from "./check-workflow.ts";
export { type Code, type CodeEntry } from "./codes.ts";
export { parseCodeowners } from "./codeowners.ts";
export { describeRole, type RoleDescription } from "./describe-role.ts";
export { finding, hasErrors, isAboutWholeFile } from "./diagnostics.ts";
export { type Expectation, expectationText, type ExpectedSlots } from "./expectation.ts";
export { frozenLogins, type FreezePerson, type FreezeSubject, isFrozen, isOfPerson, withAccounts } from "./frozen.ts";
export { gainedReusable, gainedStatements, gainedWorkflows } from "./gained.ts";
export { jsonSchemas } from "./json-schema.ts";
export { newFileLink, type RepositoryPlace } from "./new-file-link.ts";
export { ownerText, parseOwner } from "./owner.ts";
export { ownersOf } from "./owners-of.ts";

export { type LoadedPolicy, loadPolicy, policyDigest } from "./policy.ts";
export { codeownersPlaces, isPolicyPath, settingsPath } from "./policy-paths.ts";
export { isPolicyTestPath, parsePolicyTests } from "./policy-test-file.ts";
export type { PolicyTest, PolicyTestFile } from "./policy-test-schema.ts";
export { atLongForm, longForm, parseRequest } from "./request-file.ts";
export { parseRequestPath } from "./request-path.ts";
export { requestTemplate } from "./request-template.ts";
export { parseSettings } from "./settings-file.ts";
export { actionInside, type Effort, resourceInside, statementInside, usualEffort } from "./subset.ts";
export { parseTarget } from "./target-file.ts";
export * from "./workflow-findings.ts";
export { workflowFits } from "./workflow-pattern.ts";
export { requestText, type RequestFields } from "./write-request.ts";

export {
  actionsOfRequest,
  actionsOfTarget,
  checkActions,
  eachSlipOnce,
  type CheckActionsInput,
  type NamedAction,
  servicesOf,
} from "./check-actions.ts";

export type * from "./action-catalogue.ts";
export type * from "./types.ts";
