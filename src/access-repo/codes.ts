/**
 * What a code means, why the rule exists, and the usual way out. `docs/diagnostics.md` and `countersign explain` are made from
 * this table and from code-examples.ts.
 */
export interface CodeEntry {
  readonly title: string;
  /** Absent: error. */
  readonly severity?: "warning";
  /** About a file or a path as a whole: a line of it would show nothing. */
  readonly wholeFile?: true;
  readonly cause: string;
  /** Stands below a finding as its help, where the finding has no better one: an instruction. */
  readonly cure: string;
}

/**
 * Every code that a file or a pull request can earn. A code is never reused for another meaning.
 * CS1 one file, CS2 files together, CS3 CODEOWNERS, CS4 the shape of a pull request, CS5 the named workflow, CS6 what stands
 * beside the policy in an access repo.
 */
export const codes = {
  CS1001: {
    title: "File is not readable text",
    wholeFile: true,
    cause: "The file is binary, is not UTF-8, or is not there. What cannot be shown to an approver is not judged.",
    cure: "Save it as plain UTF-8 text.",
  },
  CS1002: {
    title: "File is too large",
    wholeFile: true,
    cause: "A file of the access repo has at most 64 KiB. An approver reads all of it, and so does every check.",
    cure: "Use a wildcard in place of many names, or split it into several files.",
  },
  CS1003: {
    title: "Hidden character",
    cause:
      "A control, bidirectional or invisible character can make a text look different from what it says. None is admitted, not even in a comment.",
    cure: "Delete the character. Typing the line again is often the quickest way.",
  },
  CS1004: {
    title: "Not YAML",
    cause: "The text breaks YAML's syntax, so that nothing else in it can be checked.",
    cure: "Look at the quotes, brackets, colons and indentation here and in the line above.",
  },
  CS1005: {
    title: "Not exactly one document",
    cause:
      "A file holds one YAML document. This one has none, or a `---` starts another, which some programs would read and others not.",
    cure: "Keep one document. Each request or target is a file of its own.",
  },
  CS1006: {
    title: "YAML feature that hides what is meant",
    cause:
      "Anchors, aliases, merge keys, tags and directives let a file mean something other than what an approver sees at a glance.",
    cure: "Write the value out in full, as plain text.",
  },
  CS1007: {
    title: "Unknown key",
    cause:
      "No such key exists at this place. If it were passed over, what the writer wanted would be missing without a word.",
    cure: "Correct the spelling, or remove the key.",
  },
  CS1008: {
    title: "Key written twice",
    cause: "One of the two values would win, and readers would not agree on which.",
    cure: "Keep one of them.",
  },
  CS1009: {
    title: "Missing key",
    cause: "The key is required, and it has no default.",
    cure: "Add the key.",
  },
  CS1010: {
    title: "Wrong kind of value",
    cause: "Text, a list or a mapping stands where another of the three is wanted.",
    cure: "Write a value of the kind that the message names.",
  },
  CS1011: {
    title: "Value not accepted",
    cause: "The value has the right kind but not the right form, or it is out of bounds.",
    cure: "Write it as the message says.",
  },
  CS1012: {
    title: "Too many or too few",
    cause: "A list or a mapping has a smallest and a largest size, so that all of it can be shown and judged.",
    cure: "Add or remove entries.",
  },
  CS1013: {
    title: "Keys that contradict each other",
    cause: "Each of the keys is right by itself, but they cannot hold together, or one needs another beside it.",
    cure: "Change or remove one of them.",
  },
  CS1014: {
    title: "Reserved key name",
    cause: "To some programs a key such as `__proto__` is not data but an instruction.",
    cure: "Choose another name.",
  },
  CS1015: {
    title: "Empty value",
    cause:
      "YAML reads a key without a value as null, which nothing here means. A value that was forgotten must not become a default.",
    cure: "Write a value, or remove the key.",
  },
  CS1016: {
    title: "Permission that is never granted",
    cause:
      "With such a permission a job could forge checks, merges or records, run workflows, or change who may do what.",
    cure: "Remove the permission.",
  },
  CS1017: {
    title: "Audience of somebody else",
    cause:
      "A cloud, GitHub or another target takes tokens for this audience already. A token that is issued here could be used there, past all limits.",
    cure: "Use an audience that belongs to this relying party alone, such as its own URL.",
  },
  CS1018: {
    title: "Reserved claim",
    cause:
      "Relying parties decide by these claims. Registered ones, and those that AWS reads, are set by Countersign alone.",
    cure: "Choose another claim name.",
  },
  CS1019: {
    title: "Event that cannot be listed",
    cause:
      "People without write permission can start runs of this event, or such runs use content that nobody reviewed.",
    cure: "List workflow_dispatch, push, schedule, repository_dispatch, release or deployment.",
  },
  CS1020: {
    title: "Action or resource that cannot be compared",
    cause:
      "A request must be provably inside its role. That is decided by comparing text, so an action names its service, a resource is a full ARN, and nothing in either is filled in later by AWS, as `${...}` is.",
    cure: "Write an action such as s3:GetObject, or a full ARN such as arn:aws:s3:::bucket/*; or a lone *.",
  },
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
  CS2032: {
    title: "Too many targets",
    cause:
      "Whoever can open a pull request has its policy read, so one policy has at most 200 targets, 1 MiB together.",
    cure: "Make roles of targets that are much alike, or divide the targets over two access repos.",
    wholeFile: true,
  },
  CS3001: {
    title: "No CODEOWNERS",
    wholeFile: true,
    cause: "GitHub would ask nobody. Countersign denies: without owners nobody can approve anything.",
    cure: "Add .github/CODEOWNERS with owners for every path, for example `* @org/team`.",
  },
  CS3002: {
    title: "CODEOWNERS too large",
    wholeFile: true,
    cause: "GitHub does not load a file of 3 MB or more, and then asks nobody. Countersign denies.",
    cure: "Shorten the file: one line with a wildcard can stand for many.",
  },
  CS3003: {
    title: "CODEOWNERS pattern not supported",
    cause:
      "GitHub skips the line without a word, so that an earlier line decides, or nobody is asked. Countersign denies.",
    cure: "Write the pattern without !, \\# and bare [ ].",
  },
  CS3004: {
    title: "CODEOWNERS owner not understood",
    cause:
      "GitHub skips the whole line without a word, so that an earlier line decides, or nobody is asked. Countersign denies.",
    cure: "Write owners as @login or @org/team, with spaces between.",
  },
  CS3005: {
    title: "Policy path without owners",
    cause:
      "GitHub asks nobody there, so whoever may merge could change who may grant what. Countersign denies. This holds for files that do not exist yet, too.",
    cure: "Give the path owners in CODEOWNERS.",
  },
  CS3006: {
    title: "Owner by e-mail address",
    severity: "warning",
    cause:
      "GitHub asks whoever has put the address on an account, and that can change. Countersign cannot tell whose it is, so the address never counts as an owner.",
    cure: "Write @login or @org/team.",
  },
  CS3007: {
    title: "CODEOWNERS file that is not in force",
    severity: "warning",
    wholeFile: true,
    cause:
      "GitHub reads one file: the first of .github/CODEOWNERS, CODEOWNERS and docs/CODEOWNERS. Whoever edits another changes nothing.",
    cure: "Delete it, so that nobody relies on it.",
  },
  CS3008: {
    title: "CODEOWNERS pattern with two readings",
    cause:
      "GitHub's documentation does not say what the pattern takes, and tools disagree. A guess would decide who may approve.",
    cure: "Write it in one of the ways that have one reading: folder/ for all below, * within a name, ** alone between slashes.",
  },
  CS3009: {
    title: "CODEOWNERS pattern that takes no path",
    cause: "The line owns nothing, so that an earlier line decides, or nobody is asked.",
    cure: "Write the path as git has it, from the root of the repository.",
  },
  CS3010: {
    title: "CODEOWNERS line without owners",
    severity: "warning",
    cause: "GitHub asks nobody for what the line takes. Countersign denies: nobody can approve there.",
    cure: "Add owners. Keep the line only if it takes neither requests nor policy files.",
  },
  CS3011: {
    title: "CODEOWNERS pattern that looks like an owner",
    severity: "warning",
    cause:
      "The first word of a line is always its pattern, even one that starts with @. Here the pattern seems to be missing.",
    cure: "Put the pattern before the owners, for example `* @org/team`.",
  },
  CS3012: {
    title: "CODEOWNERS too costly to look up",
    wholeFile: true,
    cause:
      "Whoever can open a pull request could keep the server busy with it. GitHub may load it; Countersign denies.",
    cure: "Use fewer lines, and fewer wildcards in one name.",
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
  CS4001: {
    title: "Pull request mixes kinds",
    wholeFile: true,
    cause:
      "A pull request adds requests, deletes requests, or changes other files. Each of the three is decided by other rules, so none may ride along with another.",
    cure: "Make one pull request for each.",
  },
  CS4002: {
    title: "Request changed",
    wholeFile: true,
    cause: "A request never changes once it is on the default branch: what was approved must stay what was approved.",
    cure: "Put the file back as it was. Add a new request with the change, and delete the old one in a pull request of its own.",
  },
  CS4003: {
    title: "Request renamed or copied",
    wholeFile: true,
    cause: "A request counts only as a new file of its own. GitHub found it to be an old one under another name.",
    cure: "Leave the old file where it is, and add the new one with a reason of its own.",
  },
  CS4004: {
    title: "Not a request file",
    wholeFile: true,
    cause:
      "Only requests/<target>/[<YYYY-MM>/]<name>.yml may be added under requests/, with a-z, 0-9 and - in the names.",
    cure: "Rename it, for example to requests/aws-prod/2026-11/delete-stale-logs.yml.",
  },
  CS4005: {
    title: "Paths that some systems cannot tell apart",
    wholeFile: true,
    cause:
      "Two paths, or a path and one that Countersign reads, differ only by case or by the way Unicode spells them. On some disks one would replace the other.",
    cure: "Rename one of them.",
  },
  CS4006: {
    title: "Too many requests at once",
    wholeFile: true,
    cause: "At most 100 request files can be judged in one pull request.",
    cure: "Split it into several pull requests.",
  },
  CS4007: {
    title: "Path that is not what it looks like",
    wholeFile: true,
    cause:
      "The path holds a hidden character, a backslash, a part such as `..`, or a space or dot at an end. Programs and people would read it differently.",
    cure: "Rename the file with plain characters.",
  },
  CS4008: {
    title: "Change that is not understood",
    wholeFile: true,
    cause: "GitHub reports a kind of change that this version does not know. It may mean anything.",
    cure: "Make the change again by adding, changing or deleting files. If the finding stays, have Countersign upgraded.",
  },
  CS4009: {
    title: "List of files may be incomplete",
    wholeFile: true,
    cause:
      "GitHub lists at most 3000 files of a pull request and does not say whether there are more. What is not listed cannot be judged.",
    cure: "Split it into smaller pull requests.",
  },
  CS4010: {
    title: "Two requests would start one workflow differently",
    cause:
      "Requests of one pull request that start the same workflow share one run. That works only where environment and inputs are equal too.",
    cure: "Make them equal, or ask in two pull requests.",
  },
  CS4020: {
    title: "Branch started from another policy",
    wholeFile: true,
    cause: "The default branch has a new policy since. The merge would mix the two into one that nobody has seen.",
    cure: "Update your branch with the default branch, then ask for the reviews again.",
  },
  CS4021: {
    title: "Policy in force not readable",
    wholeFile: true,
    cause:
      "The policy in force decides about its own change, and this version cannot read it: it was accepted by another version, or without having been checked.",
    cure: "Run the version that accepted it. Or merge one that this version reads by hand, and have the operator run `countersign policy accept`.",
  },
  CS5001: {
    title: "Workflow of another owner",
    cause:
      "Whoever owns a workflow's repository decides what its next version does. So that has to be the owner of the access repo, without exception.",
    cure: "Name a workflow of a repository of the same owner.",
  },
  CS5002: {
    title: "Workflow repository not reachable",
    cause: "The repository does not exist, or the app is not installed on it. GitHub does not say which.",
    cure: "Check the name, or have the app installed on the repository.",
  },
  CS5003: {
    title: "Requester may not write there",
    cause: "Who may not start a workflow by hand may not have it started by a request either.",
    cure: "Get write permission on the repository first, or have somebody who has it ask.",
  },
  CS5004: {
    title: "Workflow file not found",
    cause: "The repository has no plain file of this path at this ref.",
    cure: "Check workflow.file and workflow.ref.",
  },
  CS5005: {
    title: "Workflow cannot be dispatched",
    cause:
      "The request has its workflow started, but the workflow file has no event workflow_dispatch, or cannot be read.",
    cure: "Add `on: workflow_dispatch` to the workflow, or remove dispatch from the request.",
  },
  CS5006: {
    title: "Undeclared input",
    cause: "The workflow does not declare this input, so GitHub would refuse to start it.",
    cure: "Remove the input, or declare it under on.workflow_dispatch.inputs of the workflow.",
  },
  CS5007: {
    title: "Required input missing",
    cause: "The workflow requires the input and has no default for it, so GitHub would refuse to start it.",
    cure: "Add it under dispatch.inputs.",
  },
  CS5008: {
    title: "Input value not admitted",
    cause: "The workflow lists the values that this input may have.",
    cure: "Write one of the listed values.",
  },
  CS6001: {
    title: "Policy test fails",
    cause: "The policy answers otherwise than the test says it must.",
    cure: "Correct the policy; or the test, if the policy is right.",
  },
  CS6002: {
    title: "CATALOG.md is out of date",
    severity: "warning",
    wholeFile: true,
    cause: "It is generated from the targets, and they have changed since.",
    cure: "Run `countersign targets --write` and commit CATALOG.md.",
  },
  CS6003: {
    title: "Policy test that does not run",
    wholeFile: true,
    cause: "Policy tests are plain files tests/**.yml, at most 200 of them.",
    cure: "Make it a plain file with plain characters in its name and the ending .yml, or move it out of tests/.",
  },
  CS6004: {
    title: "Team that the policy does not name",
    cause:
      "A team that neither CODEOWNERS nor a target names approves nothing, so a test that puts people into it shows nothing.",
    cure: "Spell the team as the policy does, or remove it from the test.",
  },
} as const satisfies Record<`CS${number}`, CodeEntry>;

export type Code = keyof typeof codes;
