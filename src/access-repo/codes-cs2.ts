import type { CodeEntry } from "./code-entry.ts";

/** Codes about files together. */
export const codesCs2 = {
  CS2001: {
    title: "Not a plain file",
    wholeFile: true,
    cause: "A symbolic link, submodule, executable or folder can stand for something that nobody reviewed.",
    cure: "Commit a plain file (git mode 100644).",
  },
  CS2002: {
    title: "File that does not belong in targets/",
    wholeFile: true,
    cause:
      "Everything in targets/ is policy and has to be owned and approved as such. The folder is flat and holds files <name>.yml, with a-z, 0-9 and - in the name.",
    cure: "Move the file out of targets/, or rename it to targets/<name>.yml.",
  },
  CS2003: {
    title: "No settings",
    wholeFile: true,
    cause: "Without .github/countersign.yml a repository is no access repo, so nothing in it can be granted.",
    cure: "Add .github/countersign.yml with the line `version: 1`.",
  },
  CS2004: {
    title: "Role asks for fewer approvals than the settings",
    cause: "The settings say the least for every role. A role may raise that number, never lower it.",
    cure: "Raise the role's number, or remove it to have that of the settings.",
  },
  CS2005: {
    title: "Freeze of an unknown target",
    cause: "The entry stops nothing. In an emergency somebody would believe that it does.",
    cure: "Name a target that exists, or `all`.",
  },
  CS2006: {
    title: "Role reaches actions that outlive the window",
    severity: "warning",
    cause:
      "With such actions a job can make access that stays after its own has ended: keys, users, sessions of other roles. The role does not say that requests may ask for them, so a request for the whole role is refused.",
    cure: "Leave these actions out of allow; or set allow_persistence: true, if they are meant.",
  },
  CS2010: {
    title: "Unknown target",
    wholeFile: true,
    cause: "A request names its target by its folder, and no file targets/<folder>.yml exists.",
    cure: "Move the file into the folder of a target that exists.",
  },
  CS2011: {
    title: "Unknown role",
    cause: "The target has no role of this name.",
    cure: "Name a role of the target.",
  },
  CS2012: {
    title: "Key of another kind of target",
    cause:
      "Each kind of target can be narrowed in its own way: aws by allow and sets, github by permissions and repositories, gcp by boundary, azure and oidc not at all. A key that limits nothing must not look as if it did.",
    cure: "Remove the key, or ask for a role that can do less.",
  },
  CS2013: {
    title: "Duration not admitted",
    cause:
      "The role says how long access may last at most, the settings say it for break-glass, and what is left must be long enough to issue anything.",
    cure: "Ask for another duration.",
  },
  CS2014: {
    title: "No duration",
    cause: "Neither the request nor the role's defaults say how long the access lasts.",
    cure: "Add it, for example `duration: 1h`.",
  },
  CS2015: {
    title: "Ticket missing or of another project",
    cause:
      "The role wants a ticket and lists the projects that it may belong to. Only the shape is checked; whether the ticket says so is for approvers to see.",
    cure: "Name a ticket such as OPS-123.",
  },
  CS2016: {
    title: "Outside of the role",
    cause:
      "The request asks for something that the role does not allow. On AWS, every action and resource pair must be inside one statement of the role's allow.",
    cure: "Ask for less, or have the target's owners widen the role.",
  },
  CS2017: {
    title: "Action that outlives the window",
    cause:
      "With this action a job can make access that stays after the grant has ended: a key, a user, a session of another role. The role does not set allow_persistence.",
    cure: "Leave the action out, or have the target's owners set allow_persistence: true.",
  },
  CS2018: {
    title: "Unknown set",
    cause: "The target has no set of this name.",
    cure: "Name a set of the target, or write the statements under allow.",
  },
  CS2019: {
    title: "Workflow incomplete",
    cause:
      "A grant is bound to the repository, file and ref of one workflow. One of the three is neither in the request nor in the role's defaults.",
    cure: "Add it under workflow.",
  },
  CS2020: {
    title: "Workflow not admitted",
    cause: "The role lists the workflows that may use it, each by repository, file and ref.",
    cure: "Name one of them, or have the target's owners list this one.",
  },
  CS2021: {
    title: "Dispatch not admitted",
    cause:
      "Countersign starts a workflow only for a role that lists its workflows and admits the event workflow_dispatch. Otherwise a request could have any workflow started.",
    cure: "Remove dispatch and start the workflow yourself, or have the target's owners list the workflow.",
  },
  CS2022: {
    title: "Environment not admitted",
    cause:
      "The role lists the environments that a job may run in, and a job without an environment is in none of them.",
    cure: "Name one of them under workflow.environment, exactly as the job does.",
  },
  CS2023: {
    title: "Start not admitted",
    cause:
      "With `start` the access lasts from then for `duration`, whenever the approval comes. A slot that is over gives nothing, and one more than 30 days ahead is a slip more often than a plan.",
    cure: "Choose another start, or leave it out to begin with the merge.",
  },
  CS2024: {
    title: "Subject too long",
    cause:
      "Clouds take at most 126 bytes as the subject of a token, and it holds the repository's id, the kind, the target and the role.",
    cure: "Shorten the name of the target or of the role.",
  },
  CS2025: {
    title: "Break-glass not admitted",
    cause:
      "Access without approval needs both: a role with break_glass: true, and settings that name the people who may.",
    cure: "Remove break_glass and ask for approval.",
  },
  CS2026: {
    title: "Name used before",
    wholeFile: true,
    cause: "Records and grants name a request by its path. Were a path used twice, nobody could tell the two apart.",
    cure: "Give the file a name that was never used.",
  },
  CS2027: {
    title: "Reusable workflow not admitted",
    cause:
      "A reusable workflow decides what its callers run. Only those of the workflow's own owner may, unless the role lists others.",
    cure: "Name another, or have the target's owners list it under reusable_workflows.",
  },
  CS2028: {
    title: "Unknown AWS action",
    cause: "AWS has no action of this name. It allows nothing today, and nobody can say what it was meant to allow.",
    cure: "Write the action as AWS's Service Authorization Reference has it. If AWS added it lately, have Countersign upgraded.",
  },
  CS2030: {
    title: "Too much for one policy",
    cause:
      "AWS and Google take at most 2 048 characters of what narrows a session, and nothing else narrows the role to what was approved.",
    cure: "Use wildcards in place of many names, or split the request into two files.",
  },
  CS2031: {
    title: "Nothing that can be issued",
    cause:
      "The files are right, but this server can make no plan for the request. Without a plan there is nothing to approve.",
    cure: "Ask for another target, or have the server's operator upgrade it.",
  },
  CS2032: {
    title: "Too many targets",
    cause:
      "Whoever can open a pull request has its policy read, so one policy has at most 200 targets, 1 MiB together.",
    cure: "Make roles of targets that are much alike, or divide the targets over two access repos.",
    wholeFile: true,
  },
} as const satisfies Record<`CS2${number}`, CodeEntry>;
