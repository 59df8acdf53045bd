import { AwsError, type ResourceStatement, type Session, type Statement } from "./types.ts";

export type Verdict =
  | "allowed"
  | "explicit deny of the role"
  | "explicit deny of the session policy"
  | "explicit deny of the resource policy"
  | "no role statement allows it"
  | "no session policy allows it";

/**
 * Effective permission within one account: an explicit Deny anywhere wins; else role AND session policy must both allow. A resource
 * policy that names the role stands beside the role's own statements, which the session policy limits; one that names the session
 * itself adds to both and is limited by neither. No statements of the resource: no policy.
 * Sources: IAM User Guide, "Policies and permissions in AWS Identity and Access Management", section Session policies; "How AWS
 * enforcement code logic evaluates requests to allow or deny access".
 */
export function evaluate(
  { action, resource, now }: { readonly action: string; readonly resource: string; readonly now: Date },
  { arn, identityArn, permissions, policy }: Pick<Session, "arn" | "identityArn" | "permissions" | "policy">,
  resourcePolicy: readonly ResourceStatement[] = [],
): Verdict {
  const hit = (effect: Statement["Effect"]) => (statement: Statement) =>
    statement.Effect === effect && applies(statement, action, resource, now);
  const naming = (principal: string) => resourcePolicy.filter(({ Principal }) => Principal.AWS === principal);
  if (permissions.some(hit("Deny"))) return "explicit deny of the role";
  if (policy?.some(hit("Deny"))) return "explicit deny of the session policy";
  if ([...naming(arn), ...naming(identityArn)].some(hit("Deny"))) return "explicit deny of the resource policy";
  if (naming(arn).some(hit("Allow"))) return "allowed";
  if (![...permissions, ...naming(identityArn)].some(hit("Allow"))) return "no role statement allows it";
  if (policy && !policy.some(hit("Allow"))) return "no session policy allows it";
  return "allowed";
}

function applies(statement: Statement, action: string, resource: string, now: Date): boolean {
  const { Action, NotAction, Resource, NotResource, Condition = {} } = statement;
  const actions = (patterns: string | readonly string[]) => [patterns].flat().some((p) => glob(p, action, "i"));
  const resources = (patterns: string | readonly string[]) => [patterns].flat().some((p) => glob(p, resource));
  if (Action ? !actions(Action) : !NotAction || actions(NotAction)) return false;
  if (Resource ? !resources(Resource) : !NotResource || resources(NotResource)) return false;
  return Object.entries(Condition).every(([operator, keys]) =>
    Object.values(keys).every((values) => [values].flat().some((value) => operators[operator]?.(now, new Date(value)))),
  );
}

const operators: Readonly<Record<string, (now: Date, value: Date) => boolean>> = {
  DateGreaterThan: (now, value) => now > value,
  DateGreaterThanEquals: (now, value) => now >= value,
  DateLessThan: (now, value) => now < value,
  DateLessThanEquals: (now, value) => now <= value,
};

/** `*` any run, `?` one character; service and action names are compared without case, ARNs with it. */
function glob(pattern: string, text: string, flags = ""): boolean {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${source}$`, `s${flags}`).test(text);
}

const members = new Set(["Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition"]);

/** @throws AwsError MalformedPolicyDocument, also for what this double does not evaluate: it must not pass unseen. */
export function parsePolicy(text: string): readonly Statement[] {
  const malformed = (why: string) => new AwsError(400, "MalformedPolicyDocument", why);
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    throw malformed("This policy contains invalid Json");
  }
  if (!isRecord(document)) throw malformed("Syntax errors in policy.");
  if (document["Version"] !== "2012-10-17") throw malformed("The policy must have Version 2012-10-17.");
  const statements = [document["Statement"] ?? []].flat();
  if (statements.length === 0) throw malformed("Syntax errors in policy.");
  return statements.map((statement: unknown): Statement => {
    if (!isRecord(statement)) throw malformed("Syntax errors in policy.");
    const stranger = Object.keys(statement).find((key) => !members.has(key));
    if (stranger !== undefined) throw malformed(`Syntax errors in policy: ${stranger}.`);
    const { Effect, Action, NotAction, Resource, NotResource, Condition = {} } = statement;
    if (Effect !== "Allow" && Effect !== "Deny") throw malformed("Invalid effect.");
    for (const [one, other, what] of [
      [Action, NotAction, "actions"],
      [Resource, NotResource, "resources"],
    ] as const) {
      const given = one ?? other;
      if ((one === undefined) === (other === undefined) || !isStrings(given)) {
        throw malformed(`Policy statement must contain ${what}.`);
      }
    }
    if ([Action ?? NotAction].flat().some((name) => !/^(\*|[A-Za-z0-9-]+:[A-Za-z0-9*?]+)$/.test(String(name)))) {
      throw malformed("Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.");
    }
    if (!isRecord(Condition)) throw malformed("Syntax errors in policy.");
    for (const [operator, keys] of Object.entries(Condition)) {
      if (!(operator in operators) || !isRecord(keys)) throw malformed(`Invalid Condition type : ${operator}.`);
      for (const [key, values] of Object.entries(keys)) {
        const dates = [values].flat().map((value) => Date.parse(String(value)));
        if (key.toLowerCase() !== "aws:currenttime" || dates.some(Number.isNaN))
          throw malformed(`Invalid condition on ${key}.`);
      }
    }
    return statement as unknown as Statement; // every member was looked at above
  });
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const isStrings = (value: unknown): boolean => {
  const all: unknown[] = [value].flat();
  return all.length > 0 && all.every((one) => typeof one === "string" && one !== "");
};
