import type { CodeEntry } from "./code-entry.ts";

/** Codes about one file. */
export const codesCs1 = {
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
} as const satisfies Record<`CS1${number}`, CodeEntry>;
