import { finding, nowhere, quote } from "./diagnostics.ts";
import { didYouMean } from "./suggest.ts";
import type { Diagnostic, Locate } from "./types.ts";

// CS5: what only GitHub knows about the workflow that a request names. The room that asks GitHub says which; the words and
// the place in the request file are here. `file` is the request's path, `at` its positions.

interface Where {
  readonly file: string;
  readonly at?: Locate;
}
const at = (where: Where, path: readonly (string | number)[]) => (where.at ?? nowhere)(path);

/** `owner` is the access repo's. */
export const workflowOfAnotherOwner = (where: Where, repository: string, owner: string): Diagnostic =>
  finding(
    "CS5001",
    where.file,
    at(where, ["workflow", "repository"]),
    `${quote(repository)} does not belong to ${quote(owner)}, the owner of this access repo.`,
    { hint: `Name a workflow of a repository of ${quote(owner)}.` },
  );

export const workflowRepositoryUnreachable = (where: Where, repository: string): Diagnostic =>
  finding(
    "CS5002",
    where.file,
    at(where, ["workflow", "repository"]),
    `${quote(repository)} does not exist, or the app is not installed on it.`,
  );

export const requesterCannotWrite = (where: Where, repository: string, login: string): Diagnostic =>
  finding(
    "CS5003",
    where.file,
    at(where, ["workflow", "repository"]),
    `${quote(login)} has no write permission on ${quote(repository)}.`,
  );

export const workflowFileMissing = (where: Where, repository: string, path: string, ref: string): Diagnostic =>
  finding(
    "CS5004",
    where.file,
    at(where, ["workflow", "file"]),
    `${quote(repository)} has no ${quote(path, 200)} at ${quote(ref, 200)}.`,
  );

export const workflowNotDispatchable = (where: Where, path: string): Diagnostic =>
  finding("CS5005", where.file, at(where, ["dispatch"]), `${quote(path, 200)} has no event workflow_dispatch.`);

export const inputUndeclared = (where: Where, name: string, declared: readonly string[]): Diagnostic =>
  finding(
    "CS5006",
    where.file,
    at(where, ["dispatch", "inputs", name]),
    `The workflow declares no input ${quote(name)}.`,
    {
      hint:
        declared.length === 0
          ? "It declares none: remove the input, or declare it under on.workflow_dispatch.inputs."
          : didYouMean(name, declared),
    },
  );

export const inputMissing = (where: Where, name: string): Diagnostic =>
  finding("CS5007", where.file, at(where, ["dispatch", "inputs"]), `The workflow requires the input ${quote(name)}.`, {
    hint: `Add \`${name}:\` under dispatch.inputs.`,
  });

export const inputNotAdmitted = (where: Where, name: string, value: string, choices: readonly string[]): Diagnostic =>
  finding(
    "CS5008",
    where.file,
    at(where, ["dispatch", "inputs", name]),
    `${quote(value)} is not a value of ${quote(name)}.`,
    {
      hint: didYouMean(value, choices),
    },
  );

/** CS4010: two files of one pull request that would start one workflow, but not as one run (see `sameDispatch`). */
export const dispatchConflict = (where: Where, other: string): Diagnostic =>
  finding(
    "CS4010",
    where.file,
    at(where, ["dispatch"]),
    `${quote(other, 200)} starts the same workflow with another environment or other inputs.`,
  );
