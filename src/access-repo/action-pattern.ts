import type { ActionCatalogue, IamAction } from "./action-catalogue.ts";
import { wildFits } from "./glob.ts";
import { isAction } from "./statement-syntax.ts";

/** `s3:Get*` in its two parts, lower case, since AWS compares actions without case. */
export interface ActionPattern {
  readonly service: string;
  readonly name: string;
}

/** Undefined for a lone `*`, which names no service, and for what is no action pattern at all. */
export function actionPattern(text: string): ActionPattern | undefined {
  const colon = text.indexOf(":");
  if (colon < 0 || !isAction(text)) return undefined;
  return { service: text.slice(0, colon).toLowerCase(), name: text.slice(colon + 1).toLowerCase() };
}

export const isWild = (text: string): boolean => /[*?]/.test(text);

/** The actions of AWS that a pattern takes, in the list's order. Lazy: who asks for one only pays for one. */
export function* actionsMatching(
  { service, name }: ActionPattern,
  catalogue: ActionCatalogue,
): Generator<IamAction, void> {
  const actions = catalogue.actionsOf(service);
  if (!isWild(name)) {
    const exact = actions.get(name);
    if (exact !== undefined) yield exact;
    return;
  }
  for (const [key, action] of actions) if (wildFits(name, key)) yield action;
}
