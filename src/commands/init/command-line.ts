import { forMarkdownCode } from "../../base/text.ts";
import type { NewAccessRepo } from "./repo.ts";

/**
 * How the commands run, said once for README and AGENTS.md. Countersign is not published: `npx countersign` is ours in a checkout
 * of it, and whatever a stranger publishes under the name everywhere else.
 */
export const commandLine = (repo: NewAccessRepo): string => {
  const name = repo.place.fullName.split("/")[1] ?? "";
  return `Countersign is not published as a package. Run the commands in a checkout of it, after \`npm ci\` there, with \`--repo\` for the clone of this repository: below, it is
beside the checkout as ${forMarkdownCode(`../${name}`)}. Elsewhere \`npx countersign\` would fetch a package that is not ours. \`--help\` of a command shows all of it.`;
};
