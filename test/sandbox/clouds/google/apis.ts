import type { IncomingMessage } from "node:http";
import { allowed, bucketResource, inScope, knowsRole, projectResource, withinBoundary } from "./iam.ts";
import { type Binding, rpcError, storageError, type Token } from "./types.ts";

/** Bucket -> object -> content; changed as their owner would. */
export type Buckets = Map<string, Map<string, string>>;

export interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}
export interface ApiCall {
  /** As the discovery documents name methods: `storage.objects.get`, `cloudresourcemanager.projects.get`. */
  readonly call: string;
  readonly resource: string;
  /** @throws GoogleError */
  readonly run: (token: Token, bindings: Binding[], buckets: Buckets, body: string) => Answer;
}

/** Objects and IAM policies of Cloud Storage's buckets (JSON API v1) and, as an API that no boundary is for, projects.get of Resource Manager v3. */
export function apiCall({ method, url = "" }: IncomingMessage): ApiCall | undefined {
  const { pathname, searchParams } = new URL(url, "http://google");
  const [, bucket, rest] = /^\/storage\/v1\/b\/([^/]+)\/o(?:\/([^/]+))?$/.exec(pathname) ?? [];
  if (bucket !== undefined) {
    const name = rest === undefined ? undefined : decodeURIComponent(rest);
    return storageCall(method ?? "", bucket, name, searchParams.get("alt") === "media");
  }
  const policied = /^\/storage\/v1\/b\/([^/]+)\/iam$/.exec(pathname)?.[1];
  if (policied !== undefined && method === "PUT") return policyCall(policied);
  const project = /^\/v3\/projects\/([^/]+)$/.exec(pathname)?.[1];
  if (project !== undefined && method === "GET") return projectCall(project);
  return undefined;
}

function storageCall(method: string, bucket: string, name: string | undefined, media: boolean): ApiCall | undefined {
  const operations: Readonly<Record<string, string>> =
    name === undefined ? { GET: "list" } : { GET: "get", DELETE: "delete" };
  const operation = operations[method];
  if (operation === undefined) return undefined;
  const permission = `storage.objects.${operation}`;
  const resource = bucketResource(bucket);
  return {
    call: permission,
    resource,
    run(token, bindings, buckets) {
      // One refusal whatever limits: scopes, boundary, IAM.
      const may =
        inScope(token, permission) &&
        withinBoundary(token.boundary, permission, resource) &&
        allowed(bindings, token.member, permission, resource);
      if (!may) throw forbidden(token, permission, name === undefined ? "bucket" : "object");
      const objects = buckets.get(bucket);
      if (!objects) throw storageError(404, "notFound", "The specified bucket does not exist.");
      if (name === undefined) return { status: 200, body: { kind: "storage#objects", items: list(bucket, objects) } };
      const content = objects.get(name);
      if (content === undefined) throw storageError(404, "notFound", `No such object: ${bucket}/${name}`);
      if (operation === "delete") {
        objects.delete(name);
        return { status: 204, body: undefined };
      }
      return { status: 200, body: media ? content : object(bucket, name, content) };
    },
  };
}

const forbidden = ({ member }: Token, permission: string, what: string) =>
  storageError(
    403,
    "forbidden",
    `${member.replace(/^serviceAccount:/, "")} does not have ${permission} access to the Google Cloud Storage ${what}. Permission '${permission}' denied on resource (or it may not exist).`,
  );

/** Replaces the bucket's whole policy (JSON API, "Buckets: setIamPolicy"); conditions and etags are not known here. */
function policyCall(bucket: string): ApiCall {
  const permission = "storage.buckets.setIamPolicy";
  const resource = bucketResource(bucket);
  return {
    call: permission,
    resource,
    run(token, all, buckets, body) {
      const may =
        inScope(token, permission) &&
        withinBoundary(token.boundary, permission, resource) &&
        allowed(all, token.member, permission, resource);
      if (!may) throw forbidden(token, permission, "bucket");
      if (!buckets.has(bucket)) throw storageError(404, "notFound", "The specified bucket does not exist.");
      const { bindings } = JSON.parse(body) as { bindings: { role: string; members: string[] }[] };
      if (bindings.some(({ role }) => !knowsRole(role))) throw storageError(400, "invalid", "Role is not supported.");
      const others = all.filter((one) => one.resource !== resource);
      const made = bindings.flatMap(({ role, members }) => members.map((member) => ({ resource, role, member })));
      all.splice(0, all.length, ...others, ...made);
      return { status: 200, body: { kind: "storage#policy", resourceId: `projects/_/buckets/${bucket}`, bindings } };
    },
  };
}

const object = (bucket: string, name: string, content: string) => ({
  kind: "storage#object",
  id: `${bucket}/${name}/1`,
  bucket,
  name,
  size: String(Buffer.byteLength(content)),
});
const list = (bucket: string, objects: ReadonlyMap<string, string>) =>
  [...objects].map(([name, content]) => object(bucket, name, content));

function projectCall(project: string): ApiCall {
  const permission = "resourcemanager.projects.get";
  const resource = projectResource(project);
  return {
    call: "cloudresourcemanager.projects.get",
    resource,
    run(token, bindings) {
      if (!inScope(token, permission))
        throw rpcError("PERMISSION_DENIED", "Request had insufficient authentication scopes.", {
          reason: "ACCESS_TOKEN_SCOPE_INSUFFICIENT",
          domain: "googleapis.com",
        });
      if (!allowed(bindings, token.member, permission, resource))
        throw rpcError("PERMISSION_DENIED", "The caller does not have permission");
      return { status: 200, body: { name: `projects/${project}`, projectId: project, state: "ACTIVE" } };
    },
  };
}
