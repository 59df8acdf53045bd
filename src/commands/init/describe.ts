import { basename } from "node:path";
import { ownerText, parseOwner } from "../../access-repo/index.ts";
import type { Owner } from "../../access-repo/types.ts";
import { Misuse } from "../misuse.ts";
import { hasMore, type PlaceOptions, readPlace, repositoryOption, shown } from "../place.ts";
import type { NewAccessRepo } from "./repo.ts";

export interface InitOptions extends PlaceOptions {
  readonly owners?: readonly string[];
  readonly workflowRepository?: string;
  /** Web address of the server. */
  readonly url?: string;
  readonly json?: boolean;
}

/**
 * What a new access repo in `dir` is: by options, by the folder's own remote, by names that everybody sees to be none.
 * @throws Misuse for options that do not fit
 */
export async function describeRepo(dir: string, options: InitOptions): Promise<NewAccessRepo> {
  const owners = options.owners?.map(ownerOption);
  if (owners?.length === 0) throw new Misuse("--owners: name at least one owner.");
  const org = owners?.find((one) => one.kind === "team")?.org;
  const known = await readPlace(dir, options);
  // Whoever forgets to replace the name has owners that nobody is, and is denied.
  const place = known ?? {
    host: "https://github.com",
    fullName: `${org ?? "your-org"}/${repositoryName(basename(dir))}`,
    defaultBranch: options.branch ?? "main",
  };
  const [owner = "", name = ""] = place.fullName.split("/");
  for (const one of owners ?? [])
    if (one.kind === "team" && one.org.toLowerCase() !== owner.toLowerCase())
      throw new Misuse(
        `--owners: ${ownerText(one)} is no team of ${owner}, and GitHub takes teams of the repository's owner only.`,
      );
  return {
    place,
    placeholder: known === null,
    owners: once(owners ?? [{ kind: "team", org: owner, slug: "access-owners" }]),
    workflowRepository: workflowRepository(options, owner, name),
    url: options.url === undefined ? null : urlOption(options.url),
  };
}

function ownerOption(text: string): Owner {
  const parsed = parseOwner(text);
  if (parsed !== undefined && parsed.kind !== "email") return parsed;
  const hint = parseOwner(`@${text}`) === undefined ? "" : `: is it @${text}`;
  throw new Misuse(`--owners: write @login or @org/team, not ${shown(text)}${hint}.`);
}

const once = (owners: readonly Owner[]): readonly Owner[] => [
  ...new Map(owners.map((owner) => [ownerText(owner).toLowerCase(), owner])).values(),
];

function workflowRepository({ workflowRepository: given }: InitOptions, owner: string, access: string): string {
  const flag = "--workflow-repository";
  const name =
    given === undefined
      ? `${owner}/${access.toLowerCase() === "infra" ? "workflows" : "infra"}`
      : repositoryOption(flag, given).fullName;
  const [itsOwner = "", itself = ""] = name.toLowerCase().split("/");
  if (itsOwner !== owner.toLowerCase())
    throw new Misuse(`${flag}: it must have the same owner as the access repo, ${owner}.`);
  // A token for the access repo could forge what is decided there (C51).
  if (itself === access.toLowerCase()) throw new Misuse(`${flag}: name another repository than the access repo.`);
  return name;
}

/** A name for a repository from that of a folder. */
const repositoryName = (folder: string): string =>
  folder
    .replace(/[^A-Za-z0-9._-]+/g, "-")
    .replace(/^[.-]+|[.-]+$/g, "")
    .slice(0, 100) || "access";

function urlOption(text: string): string {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol) || hasMore(url))
    throw new Misuse(
      `--url: write the server's address, such as https://countersign.acme.example, not ${shown(text)}.`,
    );
  return url.href.replace(/\/+$/, "");
}
