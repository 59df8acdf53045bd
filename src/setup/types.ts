import type { Target } from "../access-repo/types.ts";
import type { RepositoryId } from "../base/ids.ts";

export interface SetupInput {
  /** `iss`, byte for byte; `issuerProblem` has found nothing wrong with it. */
  readonly issuerUrl: string;
  /** The access repo's id: it is in every subject. */
  readonly repositoryId: RepositoryId;
  readonly target: Target;
  /** Which of its roles; names that it has. */
  readonly roles: readonly string[];
  /**
   * Every target of the access repo, this one among them. A provider, an IAM role or an app registration may serve several: what
   * the others need must be in what is created, and must stay when this one goes.
   */
  readonly targets: readonly Target[];
  readonly format: SetupFormat;
  /** What to tear down instead. */
  readonly remove: boolean;
}
export type SetupFormat = "terraform" | "cli";

/** One role and the subject that its cloud must trust. */
export interface RoleSubject {
  readonly target: string;
  readonly role: string;
  readonly subject: string;
}

export type Setup =
  | {
      readonly ok: true;
      /** Terraform, or bash; where there is nothing to run (github, oidc) comments of both. */
      readonly text: string;
      /** What an operator must know beside it. One line each. */
      readonly warnings: readonly string[];
    }
  | { readonly ok: false; readonly problem: string };

export const problem = (text: string): Setup => ({ ok: false, problem: text });
