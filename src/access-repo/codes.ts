/** What a code means, why it was written, and the usual way out. The documentation of codes is made from this table. */
export interface CodeEntry {
  readonly title: string;
  readonly cause: string;
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
    cause: "The file is binary, truncated, not UTF-8, or not there.",
    cure: "Save it as plain UTF-8 text.",
  },
  CS1002: {
    title: "File is too large",
    cause: "Files of the access repo hold at most 64 KiB.",
    cure: "Split the file.",
  },
  CS1003: {
    title: "Hidden character",
    cause: "A control, bidirectional or invisible character makes text look different from what it says.",
    cure: "Delete the character.",
  },
  CS1004: {
    title: "Not YAML",
    cause: "The text does not follow the YAML syntax.",
    cure: "Check indentation, quotes and brackets at this place.",
  },
  CS1005: {
    title: "Not exactly one document",
    cause: "A file holds one YAML document; this one is empty or has several.",
    cure: "Keep one document and no `---` between parts.",
  },
  CS1006: {
    title: "YAML feature that hides what is meant",
    cause: "Anchors, aliases, merge keys, tags and directives let a file mean something else than it shows.",
    cure: "Write the value out in full.",
  },
  CS1007: { title: "Unknown key", cause: "No such key exists here.", cure: "Remove the key or mend its spelling." },
  CS1008: {
    title: "Key written twice",
    cause: "One of the two would silently win.",
    cure: "Keep one of them.",
  },
  CS1009: { title: "Missing key", cause: "The key is required here.", cure: "Add the key." },
  CS1010: {
    title: "Wrong kind of value",
    cause: "Text, a list or a mapping stands where another is wanted.",
    cure: "See the examples in the documentation of the file.",
  },
  CS1011: {
    title: "Value not accepted",
    cause: "The value does not have the form that is wanted here.",
    cure: "Write it as the hint shows.",
  },
  CS1012: {
    title: "Too many or too few",
    cause: "A list or mapping has a limit.",
    cure: "Change the number of entries.",
  },
  CS1013: {
    title: "Keys that contradict each other",
    cause: "Two keys of one file cannot both hold.",
    cure: "Change one of them.",
  },
  CS1014: {
    title: "Name reserved by the runtime",
    cause: "A key such as `__proto__` can confuse programs that read the file.",
    cure: "Choose another name.",
  },
  CS1015: { title: "Empty value", cause: "A key stands without a value.", cure: "Write a value or remove the key." },
  CS1016: {
    title: "Permission that is never granted",
    cause: "With it a job could forge checks, merges or records, or change who may do what.",
    cure: "Remove the permission.",
  },
  CS1017: {
    title: "Reserved audience",
    cause: "A cloud or GitHub trusts this audience; a token for it could be traded there past all limits.",
    cure: "Use an audience that belongs to your relying party alone.",
  },
  CS1018: {
    title: "Reserved claim",
    cause: "Registered claims and those that AWS reads are set by Countersign only.",
    cure: "Choose another claim name.",
  },
  CS1019: {
    title: "Event that cannot be listed",
    cause: "Runs of this event can be started by people without write, or run content that nobody reviewed.",
    cure: "List workflow_dispatch, push, schedule, repository_dispatch, release or deployment.",
  },
  CS1020: {
    title: "Action or resource not accepted",
    cause: "The subset test needs full ARNs, a literal partition and service, printable ASCII and no `${`.",
    cure: "Write a full ARN such as arn:aws:s3:::bucket/*, or a lone *.",
  },
  CS2001: {
    title: "Policy file is not a plain file",
    cause: "Symbolic links, submodules, executables and folders can stand for something that nobody reviewed.",
    cure: "Commit a plain file (mode 100644).",
  },
  CS2002: {
    title: "File that does not belong in targets/",
    cause: "targets/ is flat and holds <name>.yml files only, since all of it is policy.",
    cure: "Move the file elsewhere or rename it to targets/<name>.yml.",
  },
  CS2003: {
    title: "No settings",
    cause: "The access repo has no .github/countersign.yml.",
    cure: "Add .github/countersign.yml with `version: 1`.",
  },
  CS2004: {
    title: "Role asks for fewer approvals than the settings",
    cause: "A role may raise the number of approvals, never lower it.",
    cure: "Raise the role's number or remove it.",
  },
  CS2005: {
    title: "Freeze of an unknown target",
    cause: "The entry would stop nothing.",
    cure: "Name a target that exists, or `all`.",
  },
  CS2006: {
    title: "Role reaches actions that outlive the window",
    cause: "The role's allow reaches actions such as sts:AssumeRole, and allow_persistence is not set.",
    cure: "Requests have to narrow to other actions; or say allow_persistence: true.",
  },
  CS2010: { title: "Unknown target", cause: "No file targets/<name>.yml exists.", cure: "Name an existing target." },
  CS2011: { title: "Unknown role", cause: "The target has no such role.", cure: "Name an existing role." },
  CS2012: {
    title: "Key of another kind of target",
    cause: "The key narrows a kind of cloud that this target is not.",
    cure: "Remove the key.",
  },
  CS2013: {
    title: "Duration not admitted",
    cause: "The role bounds how long access may last.",
    cure: "Ask for a shorter time.",
  },
  CS2014: {
    title: "No duration",
    cause: "Neither the request nor the role's defaults say how long.",
    cure: "Add duration, for example `duration: 1h`.",
  },
  CS2015: {
    title: "Ticket missing or of another shape",
    cause: "The role lists the tickets that it admits.",
    cure: "Name a ticket such as OPS-123.",
  },
  CS2016: {
    title: "Outside the role's allow",
    cause: "An action and resource pair is not inside one statement of the role.",
    cure: "Ask for less, or have the target's owners widen the role.",
  },
  CS2017: {
    title: "Action that outlives the window",
    cause: "The action makes credentials or access that stay after the grant ends.",
    cure: "Leave the action out, or have the target's owners set allow_persistence: true.",
  },
  CS2018: { title: "Unknown set", cause: "The target has no such set.", cure: "Name an existing set." },
  CS2019: {
    title: "Workflow incomplete",
    cause: "A grant is bound to one repository, file and ref; one of them is missing.",
    cure: "Add it under workflow.",
  },
  CS2020: {
    title: "Workflow not admitted",
    cause: "The role lists the workflows that may use it.",
    cure: "Use one of them.",
  },
  CS2021: {
    title: "Dispatch not admitted",
    cause: "Only a role that lists its workflows, and admits workflow_dispatch, may have runs started.",
    cure: "Remove dispatch, or have the target's owners list the workflow.",
  },
  CS2022: {
    title: "Environment not admitted",
    cause: "The role lists the environments that may use it.",
    cure: "Name one of them under workflow.environment.",
  },
  CS2023: {
    title: "Start not admitted",
    cause: "A slot starts in the future, at most 30 days ahead.",
    cure: "Choose another start, or leave it out to start with the merge.",
  },
  CS2024: {
    title: "Subject too long",
    cause: "Clouds take at most 126 bytes of subject, made of repository id, kind, target and role.",
    cure: "Shorten the name of the target or the role.",
  },
  CS2025: {
    title: "Break-glass not admitted",
    cause: "Both the settings and the role have to admit it.",
    cure: "Remove break_glass and ask for approval.",
  },
  CS2026: {
    title: "Name used before",
    cause:
      "Records and grants name a request by its path, so a path that the default branch ever held is not used again.",
    cure: "Give the file a name that was never used.",
  },
  CS2027: {
    title: "Reusable workflow not admitted",
    cause: "A job runs inside reusable workflows of the workflow's owner only, unless the role lists others.",
    cure: "Name another, or have the target's owners list it under reusable_workflows.",
  },
  CS2028: {
    title: "Unknown AWS action",
    cause: "AWS has no such action, so the name is a slip, and nobody can say what it would allow.",
    cure: "Write the action as AWS's Service Authorization Reference has it; newer actions come with newer versions.",
  },
  CS3001: {
    title: "No CODEOWNERS",
    cause: "GitHub then asks nobody. Countersign denies: without owners nobody can approve anything.",
    cure: "Add .github/CODEOWNERS with owners for every path, for example `* @org/team`.",
  },
  CS3002: {
    title: "CODEOWNERS too large",
    cause: "GitHub does not load a file of 3 MB or more and asks nobody. Countersign denies.",
    cure: "Shorten the file: one line with a wildcard can stand for many.",
  },
  CS3003: {
    title: "CODEOWNERS pattern not supported",
    cause: "GitHub skips such a line, so that an earlier line decides, or nobody is asked. Countersign denies.",
    cure: "Write the pattern without !, \\# and bare [ ].",
  },
  CS3004: {
    title: "CODEOWNERS owner not understood",
    cause:
      "GitHub skips a line with an owner that it does not understand, so that an earlier line decides, or nobody is asked. Countersign denies.",
    cure: "Write owners as @login or @org/team, with spaces between.",
  },
  CS3005: {
    title: "Policy path without owners",
    cause: "GitHub asks nobody there, so whoever may merge could change the policy. Countersign denies.",
    cure: "Give the path owners in CODEOWNERS.",
  },
  CS3006: {
    title: "Owner by e-mail address",
    cause:
      "GitHub asks whoever has put the address on an account. Countersign cannot tell whose it is; it never counts as an owner.",
    cure: "Write @login or @org/team.",
  },
  CS3007: {
    title: "CODEOWNERS file that is not in force",
    cause: "GitHub reads the first of .github/, the root and docs/ only.",
    cure: "Delete it, so that nobody relies on it.",
  },
  CS3008: {
    title: "CODEOWNERS pattern with two readings",
    cause: "GitHub's page does not say what it takes, and tools disagree. A guess would decide who may approve.",
    cure: "Write it as the hint shows.",
  },
  CS3009: {
    title: "CODEOWNERS pattern that takes no path",
    cause: "The line owns nothing, so that an earlier line decides, or nobody is asked.",
    cure: "Write the path as git has it, from the root of the repository.",
  },
  CS3010: {
    title: "CODEOWNERS line without owners",
    cause: "GitHub asks nobody for what the line takes. Countersign denies: nobody can approve there.",
    cure: "Add owners. Keep it only if no request and no policy file is meant.",
  },
  CS3011: {
    title: "CODEOWNERS pattern that looks like an owner",
    cause: "The first word of a line is its pattern, also where it starts with @.",
    cure: "Put the pattern before the owners, for example `* @org/team`.",
  },
  CS3012: {
    title: "CODEOWNERS too costly to look up",
    cause:
      "Whoever can open a pull request could keep the server busy with it. GitHub may load it; Countersign denies.",
    cure: "Use fewer lines, and fewer wildcards in one name.",
  },
  CS2030: {
    title: "Too much for one policy",
    cause:
      "AWS and Google take at most 2 048 characters of what narrows a session, and without it nothing narrows the role.",
    cure: "Ask for fewer statements, or split the request into two files.",
  },
  CS2031: {
    title: "Nothing that can be issued",
    cause: "This server cannot make a plan for the request.",
    cure: "See the message; the kind of target may come with a later version.",
  },
  CS4001: {
    title: "Pull request mixes kinds",
    cause: "A pull request adds requests, or deletes requests, or changes other files: one of the three.",
    cure: "Split it into one pull request for each.",
  },
  CS4002: {
    title: "Request changed",
    cause: "Requests are immutable: what was approved must stay what was approved.",
    cure: "Add a new request file with the change; delete the old one in its own pull request.",
  },
  CS4003: {
    title: "Request renamed or copied",
    cause: "A request counts only when it is added as a new file of its own.",
    cure: "Put the old file back and add a new one under another name, with a reason of its own.",
  },
  CS4004: {
    title: "Not a request file",
    cause: "Only requests/<target>/[<YYYY-MM>/]<name>.yml may be added under requests/.",
    cure: "Rename it, for example requests/aws-prod/2026-11/delete-stale-logs.yml.",
  },
  CS4005: {
    title: "Paths that some systems cannot tell apart",
    cause: "Two paths differ only by case or by Unicode spelling.",
    cure: "Rename one of them.",
  },
  CS4006: {
    title: "Too many requests at once",
    cause: "At most 100 request files can be judged in one pull request.",
    cure: "Split it into several pull requests.",
  },
  CS4007: {
    title: "Path that is not what it looks like",
    cause: "The path holds a hidden character, a backslash, `..`, or ends in a dot or space.",
    cure: "Rename the file with plain characters.",
  },
  CS4008: {
    title: "Change that is not understood",
    cause: "GitHub reports a kind of change that Countersign does not know.",
    cure: "Add, change or delete files in the ordinary way.",
  },
  CS4009: {
    title: "List of files may be incomplete",
    cause: "GitHub lists at most 3000 files of a pull request; what is not listed cannot be judged.",
    cure: "Split it into smaller pull requests.",
  },
  CS4010: {
    title: "Two requests would start one workflow with different inputs",
    cause: "Files of one pull request share a run only if repository, file, ref, environment and inputs are equal.",
    cure: "Make them equal or ask in two pull requests.",
  },
  CS4020: {
    title: "Branch started from another policy",
    cause:
      "The merge would yield a policy that is neither the branch's nor the default branch's, so nobody could review it.",
    cure: "Update your branch with the default branch, then ask for the reviews again.",
  },
  CS4021: {
    title: "Accepted policy not readable",
    cause: "The commit that holds the accepted policy is not there any more.",
    cure: "Restore the accepted policy on the default branch; the server's log names its commit.",
  },
  CS5001: {
    title: "Workflow of another owner",
    cause: "A workflow's repository has the same owner as the access repo, without exception.",
    cure: "Name a workflow of a repository of the same owner.",
  },
  CS5002: {
    title: "Workflow repository not reachable",
    cause: "The repository does not exist, or the app is not installed there.",
    cure: "Check the name, or install the app on the repository.",
  },
  CS5003: {
    title: "Requester may not write there",
    cause: "Who may not start a workflow by hand may not have it started.",
    cure: "Have somebody with write ask, or get write permission first.",
  },
  CS5004: {
    title: "Workflow file not found",
    cause: "The file does not exist at that ref.",
    cure: "Check workflow.file and workflow.ref.",
  },
  CS5005: {
    title: "Workflow cannot be dispatched",
    cause: "The workflow file has no workflow_dispatch event.",
    cure: "Add `on: workflow_dispatch` to the workflow, or remove dispatch from the request.",
  },
  CS5006: {
    title: "Undeclared input",
    cause: "The workflow does not declare this input.",
    cure: "Remove it or declare it under on.workflow_dispatch.inputs.",
  },
  CS5007: {
    title: "Required input missing",
    cause: "The workflow declares the input as required and gives no default.",
    cure: "Add it under dispatch.inputs.",
  },
  CS5008: {
    title: "Input value not admitted",
    cause: "The workflow declares the values that this input may have.",
    cure: "Use one of the declared values.",
  },
  CS6001: {
    title: "Policy test fails",
    cause: "The policy answers otherwise than the test says it must.",
    cure: "Mend the policy, or the test where the policy is right.",
  },
  CS6002: {
    title: "CATALOG.md is out of date",
    cause: "It is generated from the targets, and they have changed since.",
    cure: "Run `countersign targets --write` and commit CATALOG.md.",
  },
} as const satisfies Record<`CS${number}`, CodeEntry>;

export type Code = keyof typeof codes;
