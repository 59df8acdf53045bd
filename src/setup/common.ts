import type { Role } from "../access-repo/types.ts";
import { subjectOf } from "../plan/index.ts";
import { comment } from "./hcl.ts";
import { shebang } from "./shell.ts";
import type { SetupInput } from "./types.ts";

type Kind = Role["kind"];
/** A role of one kind with what names it; the kind's own keys are in `role`. */
export interface Trusted<K extends Kind> {
  readonly target: string;
  readonly name: string;
  readonly subject: string;
  readonly role: Extract<Role, { kind: K }>;
}

/** All roles of a kind in the access repo, by target and role. Those without a subject can have no plan either. */
export function rolesOf<K extends Kind>(
  { targets, repositoryId }: Pick<SetupInput, "targets" | "repositoryId">,
  kind: K,
): readonly Trusted<K>[] {
  const isOfKind = (role: Role): role is Extract<Role, { kind: K }> => role.kind === kind;
  return targets.flatMap((target) =>
    [...target.roles].flatMap(([name, role]) => {
      const subject = subjectOf(repositoryId, target.cloud, target.name, name);
      return isOfKind(role) && subject !== undefined ? [{ target: target.name, name, subject, role }] : [];
    }),
  );
}

/** Whether a role is one of those that were asked for. */
export const isAsked = (input: SetupInput, { target, name }: { target: string; name: string }): boolean =>
  target === input.target.name && input.roles.includes(name);

/** A name for a block: `-` cannot be taken for the `_` between the parts, so that no two roles share one. */
export const blockName = (...parts: readonly string[]): string => `countersign_${parts.join("_")}`;

export const distinct = <T>(values: Iterable<T>): readonly T[] => [...new Set(values)];
export const sorted = (values: Iterable<string>): readonly string[] => [...new Set(values)].sort();

/** The pieces of an answer, an empty line between them, under a head that says what they are for. */
export function pages(input: SetupInput, what: string, pieces: readonly string[]): string {
  const { target, roles, remove, format, issuerUrl, repositoryId } = input;
  const head = [
    comment(
      `${remove ? "Removes" : "Creates"} ${what} for ${roles.length === 1 ? "role" : "roles"} ${roles.join(", ")} of target ${target.name}.`,
    ),
    comment(
      `Issuer ${issuerUrl}, access repo ${repositoryId}. Printed by countersign setup; read it before you run it.`,
    ),
  ];
  const start = format === "cli" ? [shebang, ...head] : head;
  return `${[start.join("\n"), ...pieces].join("\n\n")}\n`;
}

/** For a kind for which there is nothing to run: comments, which Terraform and a shell both leave alone. */
export const prose = (input: SetupInput, lines: readonly string[]): string =>
  `${[
    `${input.remove ? "To remove" : "To set up"} target ${input.target.name}, ${input.roles.length === 1 ? "role" : "roles"} ${input.roles.join(", ")}. Issuer ${input.issuerUrl}, access repo ${input.repositoryId}.`,
    "",
    ...lines,
  ]
    .map(comment)
    .join("\n")}\n`;
