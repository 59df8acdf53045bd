import { parseTarget, type Target } from "../../src/access-repo/index.ts";
import { repositoryId } from "../../src/base/ids.ts";
import { type SetupFormat, type SetupInput, setupText } from "../../src/setup/index.ts";

export const issuerUrl = "https://countersign.acme.example/i";
const id = repositoryId(987);

/** A target as its file has it; `max_duration` is added where a role needs nothing else. */
export function target(name: string, text: string): Target {
  const parsed = parseTarget(`version: 1\n${text}`, `targets/${name}.yml`);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.diagnostics));
  return parsed.value;
}

/** What is printed for all roles of the first target, or for `roles`; the others share the access repo. */
export function printed(
  targets: readonly [Target, ...Target[]],
  options: { format?: SetupFormat; remove?: boolean; roles?: readonly string[]; issuerUrl?: string } = {},
) {
  const input: SetupInput = {
    issuerUrl,
    repositoryId: id,
    target: targets[0],
    roles: [...targets[0].roles.keys()],
    targets,
    format: "terraform",
    remove: false,
    ...options,
  };
  const result = setupText(input);
  if (!result.ok) throw new Error(result.problem);
  return result;
}
