import { RetryLater } from "../../base/errors.ts";
import type { IssueComment } from "../../github/types.ts";
import { type Command, type Enrolment, mayEnd, policyInForce, whoMayEnd } from "../../pull-request/index.ts";
import type { GrantDeps } from "../deps.ts";
import { chooseRequest, help, reviewedElsewhere, strangers, tooMany, unknown } from "./answers.ts";
import { readHoldings } from "./holdings.ts";

/** A comment of a person that is a command. */
export type Said = IssueComment & { readonly author: NonNullable<IssueComment["author"]>; readonly command: Command };

/** What a command comes to: it is only answered, or it revokes. */
export type Step =
  | { readonly answer: string }
  | { readonly revoke: { readonly path: string; readonly merged: boolean; readonly reason: string } };

const hour = 3_600_000;
/**
 * Commands of one person within an hour, in a whole repository, that changed nothing. Each more costs GitHub half a dozen
 * requests of the 5 000 that all access hangs on, so it is not looked at.
 */
const mostUseless = 30;

/**
 * What a command comes to, read live; changes nothing.
 * @throws RetryLater where GitHub does not show what it is about
 */
export async function judgeCommand(
  deps: GrantDeps,
  enrolment: Enrolment,
  number: number,
  { author, command }: Said,
): Promise<Step> {
  switch (command.name) {
    case "":
    case "help":
      return { answer: help };
    case "reviewed":
      return { answer: reviewedElsewhere };
    case "revoke":
      break;
    default:
      return { answer: unknown(command) };
  }
  if (await isFlooding(deps, enrolment.id, author)) return { answer: tooMany };
  const holdings = await readHoldings(deps, enrolment, number);
  if (holdings === null) throw new RetryLater("github_behind", `GitHub does not show pull request ${number}.`);
  const chosen = chooseRequest(command.rest, holdings);
  if ("answer" in chosen) return chosen;
  const { held, reason } = chosen;
  // Who asked needs no policy to be read: one that cannot be must not keep anybody from ending what is theirs.
  const own = held.requester?.id === author.id;
  const policy = own ? null : await policyInForce(deps, enrolment);
  if (!(await mayEnd(deps, enrolment, policy, author)(held))) return { answer: strangers(whoMayEnd(policy, held)) };
  return { revoke: { path: held.path, merged: held.state !== "open", reason } };
}

async function isFlooding({ db, clock }: GrantDeps, repositoryId: number, author: Said["author"]): Promise<boolean> {
  const { n } = await db
    .selectFrom("handled_comment")
    .select((b) => b.fn.countAll<string>().as("n"))
    .where("repository_id", "=", String(repositoryId))
    .where("author_id", "=", String(author.id))
    .where("seen_at", ">", new Date(clock.now().getTime() - hour))
    .where("command", "=", "revoke")
    .where("effect", "is", null)
    .executeTakeFirstOrThrow();
  return Number(n) >= mostUseless;
}
