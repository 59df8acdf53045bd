import type { ActionCatalogue, IamAction } from "../access-repo/action-catalogue.ts";
import { actionPattern, actionsMatching } from "../access-repo/action-pattern.ts";
import { wildFits } from "../access-repo/glob.ts";
import type { Statement } from "../access-repo/types.ts";
import { alsoGrants, ways } from "./escalation.ts";
import type { RiskNote } from "./types.ts";

/** As many names as one reads; the rest is counted. */
const handful = 6;

/**
 * What of the statements can change who may do what, and what is known to lead to more power, also where only a wildcard
 * reaches it (DESIGN.md section 2, Validate and plan). At most one note each, a plain sentence. Prose: in no hash.
 * @throws RangeError where a service of the statements was not loaded (`servicesOf`)
 */
export function actionRisks(
  statements: readonly Pick<Statement, "actions">[],
  catalogue: ActionCatalogue,
): readonly RiskNote[] {
  const actions = statements.flatMap((statement) => statement.actions);
  if (actions.includes("*")) return ofEverything;
  const reached = actionsReached(actions, catalogue);
  return [...permissionsNote(reached), ...escalationNote(reached)];
}

const ofEverything: readonly RiskNote[] = [
  {
    code: "permissions_management",
    text: "Can change who may do what: everything includes all of Permissions management, such as iam:AttachRolePolicy and s3:PutBucketPolicy.",
  },
  {
    code: "privilege_escalation",
    text: "Everything includes all known ways to more power, such as iam:PassRole, lambda:UpdateFunctionCode and ssm:SendCommand.",
  },
];

/** Each action of AWS that some pattern takes, once, in the order of the patterns. */
function actionsReached(actions: readonly string[], catalogue: ActionCatalogue): readonly IamAction[] {
  const reached = new Set<IamAction>();
  for (const action of new Set(actions)) {
    const pattern = actionPattern(action);
    if (pattern !== undefined) for (const one of actionsMatching(pattern, catalogue)) reached.add(one);
  }
  return [...reached];
}

const spelled = ({ service, name }: IamAction): string => `${service}:${name}`;

/** Whether an action is in a table of `service:Name` with wildcards in the names, separated by white space. */
function isIn(table: string): (action: IamAction) => boolean {
  const byService = new Map<string, string[]>();
  for (const entry of table.trim().split(/\s+/)) {
    const pattern = actionPattern(entry);
    // A slip of ours; the tables are constants, so it shows at the first start.
    if (pattern === undefined) throw new TypeError(`not an action: ${entry}`);
    byService.set(pattern.service, [...(byService.get(pattern.service) ?? []), pattern.name]);
  }
  return ({ service, name }) => byService.get(service)?.some((entry) => wildFits(entry, name.toLowerCase())) ?? false;
}

const otherwiseGrants = isIn(alsoGrants);
const writesResourcePolicy = (name: string): boolean =>
  /^(?:attach|create|put|set|update)\w*resourcepolicy$/i.test(name);

function permissionsNote(reached: readonly IamAction[]): readonly RiskNote[] {
  const names = reached
    .filter((one) => one.level === "Permissions management" || writesResourcePolicy(one.name) || otherwiseGrants(one))
    .map(spelled);
  if (names.length === 0) return [];
  const text = `Can change who may do what (Permissions management): ${names.slice(0, handful).join(", ")}${rest(names.length)}.`;
  return [{ code: "permissions_management", text }];
}

const known = ways.map(({ reason, actions }) => ({ reason, opens: isIn(actions) }));

function escalationNote(reached: readonly IamAction[]): readonly RiskNote[] {
  const found = known.map(({ reason, opens }) => ({ reason, names: reached.filter(opens).map(spelled) }));
  const count = found.reduce((sum, { names }) => sum + names.length, 0);
  if (count === 0) return [];
  // Every way gets a name before any gets a second: which ways there are is what a reviewer needs.
  const shown = shares(found.map(({ names }) => names.length));
  const parts = found.flatMap(({ reason, names }, i) =>
    names.length === 0 ? [] : [`${reason} (${names.slice(0, shown[i]).join(", ")})`],
  );
  return [{ code: "privilege_escalation", text: `Known ways to more power: ${parts.join("; ")}${rest(count)}.` }];
}

/** How many of each to show: in turn, until a handful is reached. */
function shares(available: readonly number[]): readonly number[] {
  const shown = available.map((n) => Math.min(n, 1));
  let left = handful - shown.reduce((sum, n) => sum + n, 0);
  for (const [i, n] of available.entries()) {
    const more = Math.max(0, Math.min(left, n - (shown[i] ?? 0)));
    shown[i] = (shown[i] ?? 0) + more;
    left -= more;
  }
  return shown;
}

const rest = (count: number): string => (count > handful ? ` +${count - handful}` : "");
