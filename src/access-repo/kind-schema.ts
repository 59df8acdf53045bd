import * as z from "zod";
import { repository } from "./names.ts";
import { atMost, doc, type Frozen, leaf, list, object, oneOf, pattern, trouble } from "./schema.ts";

// Values of the kinds other than aws that role and request share.

/**
 * What a `github` target may grant; everything else is refused, known or not (DESIGN.md section 4, Least power; CHECKLIST C51).
 * Never: administration, checks, statuses, workflows, actions: write, secrets, environments, deployments, members, anything
 * of an organization. With those a job could forge our check, our ledger or our merges, or change who may do what.
 */
const grantable: Readonly<Record<string, "read" | "write">> = {
  actions: "read",
  attestations: "write",
  contents: "write",
  discussions: "write",
  issues: "write",
  metadata: "read",
  packages: "write",
  pages: "write",
  pull_requests: "write",
  secret_scanning_alerts: "read",
  security_events: "write",
  vulnerability_alerts: "read",
};

const permissionName = leaf(
  `one of ${Object.keys(grantable).join(", ")}; others are never granted`,
  (text) => (Object.hasOwn(grantable, text) ? text : undefined),
  // GitHub's settings page writes pull-requests and Pull requests, its API pull_requests.
  {
    json: { enum: Object.keys(grantable) },
    called: "a permission that a target may grant",
    code: "CS1016",
    meant: (text) => text.toLowerCase().replace(/[ -]/g, "_"),
  },
);

const grantableLevels = atMost(
  50,
  z.record(permissionName, oneOf(["read", "write"])),
  "No App has so many permissions.",
);
export const permissions = grantableLevels.superRefine((value, context) => {
  if (Object.keys(value).length === 0) trouble(context, [], "At least one permission is needed.", "CS1012");
  for (const [name, level] of Object.entries(value)) {
    if (level === "write" && grantable[name] !== "write") {
      trouble(context, [name], `${name}: write is never granted.`, "CS1016", "Write read.");
    }
  }
});

export const repositories = list(repository, 1, 100).superRefine((names, context) => {
  // One token is of one installation, so of one owner.
  const owners = new Set(names.map((name) => name.split("/")[0]?.toLowerCase()));
  if (owners.size > 1) trouble(context, [], "All repositories of one role have the same owner.");
});

const bucketPrefix = "//storage.googleapis.com/projects/_/buckets/";

/** Credential Access Boundary: at most ten rules, Cloud Storage only. */
export const boundary = list(
  object({
    resource: doc(
      pattern(
        "a bucket such as //storage.googleapis.com/projects/_/buckets/acme-logs",
        /^\/\/storage\.googleapis\.com\/projects\/_\/buckets\/[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]$/,
        300,
        (text) => (text.startsWith("gs://") ? `${bucketPrefix}${text.slice(5).replace(/\/$/, "")}` : undefined),
      ),
      "Bucket",
      "One Cloud Storage bucket.",
      `${bucketPrefix}acme-logs`,
    ),
    permissions: doc(
      list(
        pattern(
          "a role such as inRole:roles/storage.objectViewer",
          /^inRole:(?:roles|(?:projects|organizations)\/[a-z0-9-]{1,63}\/roles)\/[A-Za-z0-9._]{1,100}$/,
          200,
          (text) => `inRole:${text}`,
        ),
        1,
        10,
      ),
      "Permissions",
      "Roles whose permissions stay available there.",
      ["inRole:roles/storage.objectViewer"],
    ),
  }),
  1,
  10,
);

export type Boundary = Frozen<z.output<typeof boundary>>;
export type Permissions = Frozen<z.output<typeof permissions>>;
