import { mintInstallationToken } from "./auth.ts";
import { repository, installation as render, integration, iso } from "./render.ts";
import { type Context, int, page, plain, type Route } from "./router.ts";
import { type App, ApiError, type Installation, type Json } from "./types.ts";
import type { Delivery } from "./webhooks.ts";

function app(c: Context): App {
  if (c.actor.kind !== "app") throw new ApiError(401, "A JSON web token could not be decoded");
  return c.actor.app;
}

function find(c: Context): Installation {
  const id = int(c.params["installation_id"]);
  const found = c.s.world.installations.find((i) => i.id === id && i.app === app(c));
  if (!found) throw new ApiError(404, "Not Found");
  return found;
}

function delivery(d: Delivery): Json {
  return {
    id: d.id,
    guid: d.guid,
    delivered_at: iso(d.deliveredAt),
    redelivery: d.redelivery,
    duration: d.duration,
    status: d.status,
    status_code: d.statusCode,
    event: d.event,
    action: d.action,
    installation_id: d.installationId,
    repository_id: d.repositoryId,
    throttled_at: null,
  };
}

function own(c: Context): Delivery[] {
  const { id } = app(c);
  const since = c.s.world.now().getTime() - 3 * 86_400_000; // GitHub keeps three days
  return c.s.hooks.deliveries.filter((d) => d.appId === id && d.deliveredAt.getTime() >= since && d.statusCode > 0);
}

function deliveries(c: Context) {
  const all = own(c).reverse();
  const cursor = c.query.get("cursor");
  const at = cursor === null ? 0 : all.findIndex((d) => `v1_${d.id}` === cursor);
  if (at < 0) throw new ApiError(422, "Invalid cursor");
  const status = c.query.get("status");
  const found = all
    .slice(at)
    .filter((d) => status === null || (status === "success") === (d.statusCode >= 200 && d.statusCode < 400));
  const size = Math.min(Number(c.query.get("per_page") ?? 30) || 30, 100);
  const next = found[size];
  const q = new URLSearchParams(c.query);
  if (next) q.set("cursor", `v1_${next.id}`);
  return {
    status: 200,
    body: found.slice(0, size).map(delivery),
    headers: next ? { Link: `<${c.address}?${q.toString()}>; rel="next"` } : {},
  };
}

function mint(c: Context) {
  const installation = find(c);
  const minted = mintInstallationToken(c.s.world, installation, c.body);
  const { repositories } = minted;
  const rows = repositories && [...c.s.world.repositories.values()].filter((r) => repositories.has(r.id));
  return {
    status: 201,
    body: {
      token: minted.token,
      expires_at: iso(minted.expiresAt),
      permissions: minted.permissions,
      repository_selection: "selected",
      ...(rows ? { repositories: rows.map((r) => repository(c.s.world, r)) } : {}),
    },
  };
}

export const appRoutes: readonly Route[] = [
  plain("GET /app", (c) => ({
    status: 200,
    body: {
      ...integration(c.s.world, app(c)),
      installations_count: c.s.world.installations.filter((i) => i.app === app(c)).length,
    },
  })),
  // A private App shows to whoever is logged in and to Apps; here to anybody but strangers.
  plain("GET /apps/{app_slug}", (c) => {
    const found = c.s.world.apps.get(c.params["app_slug"] ?? "");
    if (!found || c.actor.kind === "anonymous") throw new ApiError(404, "Not Found");
    return { status: 200, body: integration(c.s.world, found) };
  }),
  plain("GET /app/installations", (c) => {
    const { items, headers } = page(
      c,
      c.s.world.installations.filter((i) => i.app === app(c)),
    );
    return { status: 200, body: items.map((i) => render(c.s.world, i)), headers };
  }),
  plain("GET /app/installations/{installation_id}", (c) => ({ status: 200, body: render(c.s.world, find(c)) })),
  plain("POST /app/installations/{installation_id}/access_tokens", mint),
  plain("GET /installation/repositories", (c) => {
    const { actor } = c;
    if (actor.kind !== "installation") throw new ApiError(403, "Resource not accessible by personal access token");
    const all = [...c.s.world.repositories.values()].filter(
      (r) => actor.installation.repositories.has(r.id) && (actor.repositories?.has(r.id) ?? true),
    );
    const { items, headers } = page(c, all);
    return {
      status: 200,
      headers,
      body: {
        total_count: all.length,
        repository_selection: "selected",
        repositories: items.map((r) => repository(c.s.world, r)),
      },
    };
  }),
  plain("DELETE /installation/token", (c) => {
    if (c.actor.kind !== "installation") throw new ApiError(401, "Bad credentials");
    c.s.world.tokens.delete(c.actor.token);
    return { status: 204 };
  }),
  plain("GET /app/hook/deliveries", deliveries),
  plain("GET /app/hook/deliveries/{delivery_id}", (c) => {
    const id = int(c.params["delivery_id"]);
    const d = own(c).find((x) => x.id === id);
    if (!d) throw new ApiError(404, "Not Found");
    const body = { ...delivery(d), url: d.url, request: d.request, response: d.response };
    return { status: 200, body };
  }),
  plain("POST /app/hook/deliveries/{delivery_id}/attempts", (c) => {
    const id = int(c.params["delivery_id"]);
    if (!own(c).some((d) => d.id === id) || !c.s.hooks.redeliver(id)) throw new ApiError(404, "Not Found");
    return { status: 202, body: {} };
  }),
];
