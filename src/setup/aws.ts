import { blockName, distinct, isAsked, pages, rolesOf, sorted, type Trusted } from "./common.ts";
import { awsCli } from "./aws-cli.ts";
import type { IamRole, Place } from "./aws-model.ts";
import { awsTerraform } from "./aws-terraform.ts";
import { withoutScheme } from "./issuer-url.ts";
import { problem, type Setup, type SetupInput } from "./types.ts";

/** IAM takes no shorter MaxSessionDuration. Sessions are as short as each plan says. */
const leastMaxSession = 3600;

/** IAM OIDC provider, role and trust policy (CLOUDS.md section 1; DESIGN.md section 4, No cloud secrets). */
export function setupAws(input: SetupInput): Setup {
  const all = rolesOf(input, "aws");
  const asked = all.filter((role) => isAsked(input, role));
  const arns = distinct(asked.map(({ role }) => role.role_arn));
  const roles = arns.map((arn) =>
    iamRole(
      arn,
      all.filter((each) => each.role.role_arn === arn && keeps(input, each)),
    ),
  );
  const known = roles.filter((role) => role !== undefined);
  const [first] = known;
  if (!first || known.length < roles.length)
    return problem("A role_arn is not arn:<partition>:iam::<account>:role/<name>.");
  if (known.some(({ partition, account }) => partition !== first.partition || account !== first.account))
    return problem("These roles are in different AWS accounts: name those of one account with --role.");
  const { partition, account } = first;
  const providerArn = `arn:${partition}:iam::${account}:oidc-provider/${withoutScheme(input.issuerUrl)}`;
  const othersHere = all.some(
    (each) => keeps(input, each) && each.role.role_arn.startsWith(`arn:${partition}:iam::${account}:`),
  );
  const place: Place = { input, partition, account, providerArn, othersHere };
  const pieces = input.format === "terraform" ? awsTerraform(place, known) : awsCli(place, known);
  return { ok: true, text: pages(input, "the trust of AWS", pieces), warnings: warnings(place, known, all) };
}

/** What stays trusted afterwards: with `remove` all but those that were asked for. */
const keeps = (input: SetupInput, role: Trusted<"aws">): boolean => !(input.remove && isAsked(input, role));

function iamRole(arn: string, trusted: readonly Trusted<"aws">[]): IamRole | undefined {
  const [, partition, account, path = "", name] =
    /^arn:(aws[a-z-]*):iam::([0-9]{12}):role(\/(?:[\w+=,.@-]+\/)*)([\w+=,.@-]{1,64})$/.exec(arn) ?? [];
  if (!partition || !account || !name) return undefined;
  return {
    arn,
    partition,
    account,
    path,
    name,
    subjects: sorted(trusted.map(({ subject }) => subject)),
    maxSession: Math.max(leastMaxSession, ...trusted.map(({ role }) => role.max_session)),
    // Not the name of the role, which may hold what a block's name may not.
    block: blockName(
      account,
      name.replace(/[^A-Za-z0-9-]/g, (c) => `_${c.charCodeAt(0).toString(16)}`),
    ),
  };
}

function warnings(place: Place, roles: readonly IamRole[], all: readonly Trusted<"aws">[]): string[] {
  const { input, partition } = place;
  const shared = roles.filter(({ arn }) => all.some((each) => each.role.role_arn === arn && !isAsked(input, each)));
  return [
    ...shared.map(({ name, subjects }) =>
      input.remove
        ? `Role ${name} stays, for the other roles of this access repo that use it: ${subjects.join(", ")}.`
        : `Role ${name} is used by more roles of this access repo than these, so its trust policy names them all.`,
    ),
    ...(input.issuerUrl.startsWith("http://") ? ["AWS takes no issuer with http: this is for the sandbox only."] : []),
    ...(partition === "aws" || input.remove
      ? []
      : [
          `sts:RoleAuthorizedByIdp may not be known yet in partition ${partition}: if every exchange is denied, take that condition out.`,
        ]),
  ];
}
