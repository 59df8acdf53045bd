import { headPush, realPushes } from "./history.ts";
import { shapeGates } from "./pull-request-gates.ts";
import type { Snapshot } from "./types.ts";

/** Whether a pull request is wholly its author's; `text` says why not, or what is waited for. */
export type OwnWork =
  | { readonly kind: "own" }
  | { readonly kind: "retry"; readonly text: string }
  | { readonly kind: "shared"; readonly text: string };

/**
 * Whether every push to this pull request was its author's own, by the activity of its branch, which no commit can forge (C54):
 * for what a person may do without anybody's approval: end access. A pull request that could not be merged at all is nobody's own.
 *
 * Unlike `auto_approve`, break-glass and freezes, which give access or stop others, this does not demand that the rows reach back
 * to the branch's creation without a gap (`pushedByAnother`): ending is always safer than going on. What a row that GitHub does
 * not show can have brought is one more deletion under the author's own head, which the author pushed and the check lists; it
 * ends nothing that the author may not end, and gives nobody anything. A push by another that *is* shown asks for an owner, since
 * then somebody knows that the author may not have meant it.
 */
export function ownWork(snapshot: Snapshot): OwnWork {
  const wrong = shapeGates({ snapshot }).find(({ node }) => !node.ok);
  if (wrong) return { kind: "shared", text: wrong.node.text };
  const { author, headSha, headRepositoryId, state } = snapshot.pullRequest;
  if (headRepositoryId !== snapshot.repository.id || state === "closed" || author === null)
    return { kind: "shared", text: "GitHub does not show who pushed." };
  if (headPush(snapshot) === undefined)
    return { kind: "retry", text: `GitHub does not show the push of ${headSha.slice(0, 7)} yet: trying again.` };
  const others = realPushes(snapshot).filter((push) => push.actor?.id !== author.id);
  if (others.length === 0) return { kind: "own" };
  const names = [...new Set(others.map((push) => push.actor?.login ?? "somebody unknown"))].join(", ");
  return { kind: "shared", text: `Not every push was ${author.login}'s: ${names} pushed as well.` };
}
