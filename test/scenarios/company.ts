import type { FreezeEntry } from "../../src/access-repo/types.ts";
import type { Tree } from "./model/git.ts";
import type { ModelGitHub } from "./model/github.ts";
import type { Repository } from "./model/repository.ts";

/** What a story may want to be different; each is text as it stands in its file. */
export interface Company {
  /** `.github/CODEOWNERS` */
  readonly owners?: string;
  /** `.github/countersign.yml`, without its version. */
  readonly settings?: string;
  /** More keys of the role `operator`, indented by four. */
  readonly role?: string;
  /** More roles, indented by two. */
  readonly roles?: string;
  /** Members by team of acme, in place of the usual ones. */
  readonly teams?: Readonly<Record<string, readonly string[]>>;
  /** COUNTERSIGN_FROZEN */
  readonly operatorFrozen?: readonly FreezeEntry[];
  /** More repositories, beside acme/access, acme/infra and evil/infra. */
  readonly repositories?: readonly string[];
}

const workflowPath = ".github/workflows/delete-bucket.yml";
const usualOwners = `*                    @acme/platform
/requests/aws-prod/  @acme/cloud-owners
`;
const usualTeams = { "cloud-owners": ["bob", "carol"], platform: ["paula", "peter"], security: ["dave", "erin"] };
const people = ["root", "alice", "bob", "carol", "dave", "erin", "paula", "peter", "mallory"];

const targetFile = ({ role = "", roles = "" }: Company, owner: string): string => `version: 1
cloud: aws
description: Production account
region: eu-west-1
roles:
  operator:
    role_arn: arn:aws:iam::123456789012:role/countersign-operator
    allow: [{ actions: ["s3:DeleteBucket", "s3:GetObject"], resources: ["arn:aws:s3:::acme-*"] }]
    max_duration: 4h
    workflows: ["${owner}/infra/.github/workflows/*.yml@refs/heads/main"]
${role}${roles}`;

const workflow = `on:
  workflow_dispatch:
    inputs:
      bucket: { required: true }
jobs: {}
`;

const tree = (files: Readonly<Record<string, string>>): Tree =>
  new Map(Object.entries(files).map(([path, text]) => [path, { text, mode: 0o100644 }]));

/**
 * acme: alice asks, bob and carol own what is asked for, paula and peter own the policy, dave and erin are of security, root
 * may do everything on GitHub's page, mallory may push and is nobody's owner. And evil, a stranger's organization.
 */
export function found(github: ModelGitHub, company: Company): Repository {
  for (const login of people) github.person(login);
  github.person("robot", "bot");
  for (const [team, members] of Object.entries({ ...usualTeams, ...company.teams }))
    github.teams.set(`acme/${team}`, new Set(members));
  const access = (owner = "acme"): Tree =>
    tree({
      "README.md": "# Who may do what\n",
      ".github/CODEOWNERS": company.owners ?? usualOwners,
      ".github/countersign.yml": `version: 1\n${company.settings ?? "approvals: 1\n"}`,
      "targets/aws-prod.yml": targetFile(company, owner),
    });
  const files = tree({ [workflowPath]: workflow });
  const home = github.addRepository("acme/access", access());
  for (const name of ["acme/infra", "evil/infra"]) github.addRepository(name, files);
  for (const name of company.repositories ?? [])
    github.addRepository(name, name.includes("/access") ? access(name.split("/")[0]) : files);
  for (const repo of github.repositories.values())
    for (const login of [...people, "robot"])
      if (login !== "mallory" || repo.fullName !== "acme/infra") repo.writers.add(login);
  return home;
}

/** A request for one bucket, with more lines at its end. */
export const requestText = (bucket = "acme-stale-logs", more = "", workflow = "acme/infra"): string => `version: 1
role: operator
reason: The storage migration left this bucket behind
actions: ["s3:DeleteBucket"]
resources: ["arn:aws:s3:::${bucket}"]
duration: 1h
workflow:
  repository: ${workflow}
  file: ${workflowPath}
  ref: refs/heads/main
${more}`;
