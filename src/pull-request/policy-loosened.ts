import { type FreezeEntry, ownerText, type Policy, type Role } from "../access-repo/index.ts";
import { openSlots } from "../approval/index.ts";

/**
 * What a new policy asks less of than the one in force: fewer approvals, a shorter freeze, ways around approval that were not
 * there. Plain sentences, not escaped for any sink. A person who approves a policy looks for this first.
 */
export function loosened(before: Policy, after: Policy): readonly string[] {
  return [...settingsLoosened(before, after), ...rolesLoosened(before, after)];
}

function settingsLoosened({ settings: old }: Policy, { settings: now }: Policy): string[] {
  const thawed = old.frozen.filter((entry) => !now.frozen.some((other) => freezeText(other) === freezeText(entry)));
  const known = new Set((old.break_glass?.members ?? []).map(lower));
  const members = (now.break_glass?.members ?? []).filter((member) => !known.has(lower(member)));
  return [
    ...(now.approvals < old.approvals
      ? [`Every request needs ${now.approvals} approvals by owners instead of ${old.approvals}.`]
      : []),
    ...thawed.map((entry) => `No longer frozen: ${freezeText(entry)}.`),
    ...(members.length === 0 ? [] : [`May break the glass from now on: ${members.map(ownerText).join(", ")}.`]),
  ];
}

const lower = (owner: Parameters<typeof ownerText>[0]): string => ownerText(owner).toLowerCase();

function freezeText(entry: FreezeEntry): string {
  switch (entry.kind) {
    case "all":
      return "all";
    case "target":
      return `target ${entry.target}`;
    case "requester":
    case "approver":
      return `${entry.kind} ${entry.login.toLowerCase()}`;
  }
}

function rolesLoosened(before: Policy, after: Policy): string[] {
  const lines: string[] = [];
  for (const [name, target] of after.targets)
    for (const [roleName, role] of target.roles) {
      const old = before.targets.get(name)?.roles.get(roleName);
      if (old === undefined) continue;
      const of = `${name}/${roleName}`;
      const [least, was] = [approvalsOf(after, role), approvalsOf(before, old)];
      if (least < was) lines.push(`${of} needs ${least} approvals by owners instead of ${was}.`);
      for (const group of fewerGroups(old, role)) lines.push(`${of} is no longer also approved by ${group}.`);
      if (role.break_glass && !old.break_glass) lines.push(`${of} admits break-glass from now on.`);
      const [auto, oldAuto] = [autoOf(role), autoOf(old)];
      if (auto !== undefined && auto !== oldAuto)
        lines.push(
          oldAuto === undefined
            ? `${of} is approved automatically for some from now on.`
            : `${of} is approved automatically by other rules than before.`,
        );
    }
  return lines;
}

const approvalsOf = ({ settings }: Policy, role: Role): number => Math.max(settings.approvals, role.approvals ?? 0);
/** Keys are in the order of the schema: one text for one rule. */
const autoOf = (role: Role): string | undefined =>
  "auto_approve" in role && role.auto_approve !== undefined ? JSON.stringify(role.auto_approve) : undefined;

/** Groups that fill fewer slots than before. */
function fewerGroups(old: Role, now: Role): readonly string[] {
  const slots = (role: Role) =>
    openSlots(
      role.also_approved_by.flatMap((group) =>
        Array.from({ length: group.count }, () => ({
          rule: "also_approved_by" as const,
          path: "",
          from: group.from,
          filledBy: null,
        })),
      ),
    );
  const text = (from: readonly Parameters<typeof ownerText>[0][]): string => from.map(lower).sort().join(", ");
  const left = new Map(slots(now).map(({ count, slot }) => [text(slot.from), count]));
  return slots(old).flatMap(({ count, slot }) => {
    const missing = count - (left.get(text(slot.from)) ?? 0);
    return missing > 0 ? [`${missing} of ${text(slot.from)}`] : [];
  });
}
