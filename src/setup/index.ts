// What to create in a cloud so that it trusts this server for one target, as text; and what to tear down (issue 4).
import { setupAws } from "./aws.ts";
import { setupAzure } from "./azure.ts";
import { setupGcp } from "./gcp.ts";
import { setupGithub } from "./github.ts";
import { setupOidc } from "./oidc.ts";
import { subjectOf } from "../plan/index.ts";
import { problem, type RoleSubject, type Setup, type SetupInput } from "./types.ts";

export { issuerProblem } from "./issuer-url.ts";
export type { RoleSubject, Setup, SetupFormat, SetupInput } from "./types.ts";

/** Pure: the same text for the same input, so that it can be kept and compared. */
export function setupText(input: SetupInput): Setup {
  const missing = input.roles.find((role) => !input.target.roles.has(role));
  if (missing !== undefined || input.roles.length === 0) return problem("The target has no such role.");
  if (setupSubjects(input).length < input.roles.length)
    return problem("The names of target and role do not fit into a subject: shorten one.");
  switch (input.target.cloud) {
    case "aws":
      return setupAws(input);
    case "gcp":
      return setupGcp(input);
    case "azure":
      return setupAzure(input);
    case "github":
      return setupGithub(input);
    case "oidc":
      return setupOidc(input);
  }
}

/** The subjects of the roles that were asked for. */
export function setupSubjects({ target, roles, repositoryId }: SetupInput): readonly RoleSubject[] {
  return roles.flatMap((role) => {
    const subject = subjectOf(repositoryId, target.cloud, target.name, role);
    return subject === undefined ? [] : [{ target: target.name, role, subject }];
  });
}
