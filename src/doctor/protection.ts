import type { Facts, Protection } from "./facts.ts";
import { type Finding, type Fix, found } from "./finding.ts";
import { list } from "./names.ts";
import { checkName } from "./recommended.ts";

/** Classic branch protection of the default branch, where it keeps the app from merging, or lets others pass. */
export function classicBlocks(facts: Facts, protection: Protection): readonly Finding[] {
  return [
    ...reviews(facts, protection),
    ...strict(facts, protection),
    ...pushers(facts, protection),
    ...(protection.locked
      ? [
          found(
            "branch-blocks-merge",
            "error",
            `${facts.defaultBranch} is locked by classic branch protection.`,
            "Unlock it.",
          ),
        ]
      : []),
    ...(protection.signatures
      ? [
          found(
            "branch-signatures",
            "note",
            `Classic branch protection asks for signed commits on ${facts.defaultBranch}.`,
            "Who writes requests has to sign commits.",
          ),
        ]
      : []),
    ...(protection.admins
      ? []
      : [
          found(
            "branch-bypass",
            "note",
            `Classic branch protection of ${facts.defaultBranch} does not hold for administrators.`,
            "Nothing to do, if that is meant.",
          ),
        ]),
  ];
}

const at = ({ owner, name, defaultBranch }: Facts, part: string): string =>
  // A branch may have slashes and worse in its name: text of people in a path.
  `repos/${owner}/${name}/branches/${encodeURIComponent(defaultBranch)}/protection/${part}`;

function reviews(facts: Facts, { reviews: asked }: Protection): readonly Finding[] {
  if (asked === null) return [];
  const asks = [
    ...(asked.approvals > 0 ? [`${asked.approvals} approving ${asked.approvals === 1 ? "review" : "reviews"}`] : []),
    ...(asked.codeOwners ? ["a review by code owners"] : []),
    ...(asked.lastPush ? ["an approval of the last push"] : []),
  ];
  if (asks.length === 0) return [];
  const fix: Fix = {
    id: "protection-reviews",
    does: `changes the classic branch protection of ${facts.defaultBranch}`,
    loosens: asks,
    call: {
      method: "PATCH",
      path: at(facts, "required_pull_request_reviews"),
      body: {
        required_approving_review_count: 0,
        require_code_owner_reviews: false,
        require_last_push_approval: false,
      },
    },
  };
  const what = `Classic branch protection asks for ${list(asks)} on ${facts.defaultBranch}.`;
  return [found("branch-blocks-merge", "error", what, "Turn it off there; pull requests stay required.", fix)];
}

function strict(facts: Facts, { checks }: Protection): readonly Finding[] {
  if (!checks?.strict) return [];
  const what = `Classic branch protection asks for branches that are up to date on ${facts.defaultBranch}.`;
  const fix: Fix = {
    id: "protection-strict",
    does: `changes the classic branch protection of ${facts.defaultBranch}`,
    loosens: ["branches that are up to date"],
    call: { method: "PATCH", path: at(facts, "required_status_checks"), body: { strict: false } },
  };
  return [found("branch-strict", "error", what, `Turn it off there; the check ${checkName} stays required.`, fix)];
}

function pushers(facts: Facts, protection: Protection): readonly Finding[] {
  if (protection.pushers === null) return [];
  const slug = facts.app?.slug;
  if (slug && protection.pushers.includes(slug)) return [];
  const what = `Classic branch protection lets only certain people and Apps push to ${facts.defaultBranch}`;
  if (!slug)
    return [
      found(
        "branch-blocks-merge",
        "unknown",
        `${what}; whether our App is one of them is not known.`,
        "Say which App is ours: --app with its slug.",
      ),
    ];
  const fix: Fix = {
    id: "protection-pushers",
    does: `lets the App ${slug} push to ${facts.defaultBranch}`,
    loosens: [`that nobody but those on the list pushes (our App as well)`],
    call: { method: "POST", path: at(facts, "restrictions/apps"), body: { apps: [slug] } },
  };
  return [found("branch-blocks-merge", "error", `${what}, and our App is not one of them.`, "Add the App.", fix)];
}

/** Classic protection's checks with ours from our App alone; the others as they are. */
export function pinProtection(facts: Facts, { checks }: Protection): Fix | undefined {
  const { app } = facts;
  if (app === null || checks === null) return undefined;
  const other = checks.required.find(
    ({ context, appId }) => context === checkName && appId !== null && appId !== app.id,
  );
  return {
    id: "protection-checks",
    does: `changes the classic branch protection of ${facts.defaultBranch}: the check ${checkName} counts from our App alone`,
    loosens: other ? [`the check ${checkName} from App ${other.appId} (from ours instead)`] : [],
    call: {
      method: "PATCH",
      path: at(facts, "required_status_checks"),
      body: {
        // -1: from any App, as it is (GitHub documents it of `app_id`).
        checks: checks.required.map(({ context, appId }) => ({
          context,
          app_id: context === checkName ? app.id : (appId ?? -1),
        })),
      },
    },
  };
}
