import { ownerText, type RepositoryPlace } from "../../access-repo/index.ts";
import type { Owner } from "../../access-repo/types.ts";

/** What the files of a new access repo are written for. */
export interface NewAccessRepo {
  /** Where it is or will be on GitHub. */
  readonly place: RepositoryPlace;
  /** True where nothing said so, and the name is one that everybody sees to be none. */
  readonly placeholder: boolean;
  /** Who owns everything at first. */
  readonly owners: readonly Owner[];
  /** Another repository of the same owner, whose workflows may use the examples. */
  readonly workflowRepository: string;
  /** Where the server answers; null: not known yet. */
  readonly url: string | null;
}

export const ownersLine = (repo: NewAccessRepo): string => repo.owners.map(ownerText).join(" ");
