import type { Binding, BoundaryRule, Token } from "./types.ts";

/** The permissions of Google's predefined roles that this Google knows ("IAM basic and predefined roles reference"), as far as used. */
const roles: Readonly<Record<string, readonly string[]>> = {
  "roles/storage.objectViewer": ["storage.objects.get", "storage.objects.list"],
  "roles/storage.objectCreator": ["storage.objects.create"],
  "roles/storage.objectAdmin": [
    "storage.objects.get",
    "storage.objects.list",
    "storage.objects.create",
    "storage.objects.delete",
  ],
  "roles/storage.admin": [
    "storage.objects.get",
    "storage.objects.list",
    "storage.objects.create",
    "storage.objects.delete",
    "storage.buckets.setIamPolicy",
  ],
  "roles/browser": ["resourcemanager.projects.get"],
  "roles/iam.workloadIdentityUser": ["iam.serviceAccounts.getAccessToken"],
  "roles/iam.serviceAccountTokenCreator": ["iam.serviceAccounts.getAccessToken"],
};

export const knowsRole = (role: string): boolean => Object.hasOwn(roles, role);
const holds = (role: string, permission: string): boolean =>
  knowsRole(role) && (roles[role] ?? []).includes(permission);

export const bucketResource = (bucket: string): string => `//storage.googleapis.com/projects/_/buckets/${bucket}`;
export const accountResource = (email: string): string => `//iam.googleapis.com/projects/-/serviceAccounts/${email}`;
export const projectResource = (project: string): string => `//cloudresourcemanager.googleapis.com/projects/${project}`;

/** Does IAM let this member? One binding of one subject is enough; conditions and inheritance are not modelled. */
export const allowed = (bindings: readonly Binding[], member: string, permission: string, resource: string): boolean =>
  bindings.some((one) => one.member === member && one.resource === resource && holds(one.role, permission));

/**
 * A boundary is an upper bound, the union of its rules, at Cloud Storage alone ("Credential Access Boundaries overview"); what
 * another API makes of such a token Google does not document, and the reading taken here is: nothing.
 */
export const withinBoundary = (
  rules: readonly BoundaryRule[] | undefined,
  permission: string,
  resource: string,
): boolean =>
  rules === undefined ||
  rules.some((rule) => rule.resource === resource && rule.roles.some((role) => holds(role, permission)));

const auth = "https://www.googleapis.com/auth/";
export const cloudPlatform = `${auth}cloud-platform`;
const storageScopes: Readonly<Record<string, readonly string[]>> = {
  [`${auth}devstorage.read_only`]: ["storage.objects.get", "storage.objects.list"],
  [`${auth}devstorage.read_write`]: [
    "storage.objects.get",
    "storage.objects.list",
    "storage.objects.create",
    "storage.objects.delete",
  ],
  // "See your primary Google Account email address" (OAuth 2.0 Scopes for Google APIs): of no use at these APIs.
  [`${auth}userinfo.email`]: [],
  [`${auth}cloud-platform.read-only`]: ["storage.objects.get", "storage.objects.list", "resourcemanager.projects.get"],
};
export const knowsScope = (scope: string): boolean => scope === cloudPlatform || Object.hasOwn(storageScopes, scope);

/** cloud-platform covers every API; the others what they say. */
export const inScope = ({ scopes }: Token, permission: string): boolean =>
  scopes.includes(cloudPlatform) || scopes.some((scope) => storageScopes[scope]?.includes(permission));
