import type { Owner } from "../access-repo/types.ts";
import { type Decision, ownerText, type Rule } from "../approval/index.ts";
import { oneLine } from "../base/text.ts";

/** GitHub's lists of checks show about so much. */
const longest = 60;

const approvedBy: Readonly<Record<Rule, string>> = {
  owners: "Approved",
  auto_approve: "Approved automatically",
  break_glass: "Break-glass: reviewed after",
  freeze: "Freeze: merged at once",
  own_revocation: "Needs no approval",
};

/** The state in sixty characters: `Valid. Needs 1 more: @acme/security`. Names stand whole or are counted, never cut. */
export function stateTitle(decision: Decision, draft: boolean, before = ""): string {
  switch (decision.outcome) {
    case "approved":
      return titled(
        `${before}${approvedBy[decision.rule ?? "owners"]}${draft ? ". Draft: mark it ready to merge" : ""}`,
      );
    case "pending": {
      const missing = decision.slots.filter((slot) => slot.filledBy === null).length;
      const lead = `${before}${draft ? "Draft, valid" : "Valid"}. Needs ${missing} more: `;
      // Nobody is left who could (C64): the page says so.
      if (decision.awaited.length === 0) return titled(`${lead}nobody is left who may`);
      return titled(`${lead}${owners(decision.awaited, longest - lead.length)}`);
    }
    case "blocked":
      return titled(`${before}Changes requested`);
    case "denied":
      return titled(`${before}Denied`);
    case "retry":
      return titled(`${before}Waiting for GitHub`);
  }
}

export const titled = (text: string): string => oneLine(text, longest);

/** As many whole names as fit, and `+2`; where not even one does, how many they are. */
function owners(awaited: readonly Owner[], room: number): string {
  const names = awaited.map(ownerText);
  for (let shown = names.length; shown > 0; shown--) {
    const rest = names.length - shown;
    const text = `${names.slice(0, shown).join(", ")}${rest === 0 ? "" : ` +${rest}`}`;
    if (text.length <= room) return text;
  }
  return names.length === 1 ? "see the page" : `one of ${names.length}`;
}
