import { createHmac } from "node:crypto";
import http from "node:http";
import type { Validation } from "./openapi.ts";
import { covers } from "./permissions.ts";
import { nodeId, organization, repository, simpleUser } from "./render.ts";
import type { Account, App, Installation, Json, Level, Repo } from "./types.ts";
import { newGuid, type World } from "./world.ts";

export interface Delivery {
  readonly id: number;
  readonly guid: string;
  readonly event: string;
  readonly action: string | null;
  readonly deliveredAt: Date;
  readonly redelivery: boolean;
  duration: number;
  status: string;
  statusCode: number;
  readonly installationId: number | null;
  readonly repositoryId: number | null;
  readonly appId: number;
  readonly url: string;
  readonly request: { readonly headers: Record<string, string>; readonly payload: Json };
  response: { headers: Record<string, string>; payload: string };
}

// Which permission an App needs before GitHub lets it subscribe to the event.
const EVENT_NEEDS: Readonly<Record<string, readonly [string, Level]>> = {
  check_run: ["checks", "read"],
  check_suite: ["checks", "read"],
  issue_comment: ["issues", "read"],
  issues: ["issues", "read"],
  member: ["members", "read"],
  membership: ["members", "read"],
  pull_request: ["pull_requests", "read"],
  pull_request_review: ["pull_requests", "read"],
  push: ["contents", "read"],
  workflow_run: ["actions", "read"],
};
// Sent to every App, subscribed or not.
const ALWAYS = new Set(["installation", "installation_repositories", "installation_target"]);

/** Deliveries in the background, one attempt each, in no promised order: GitHub does not send again by itself. */
export class Webhooks {
  readonly #world: World;
  readonly #validation: Validation;
  readonly deliveries: Delivery[] = [];
  readonly #urls = new Map<string, string>();
  readonly #pending = new Set<Promise<void>>();
  #closed = false;

  constructor(world: World, validation: Validation) {
    this.#world = world;
    this.#validation = validation;
  }

  setUrl(slug: string, url: string | null): void {
    if (url === null) this.#urls.delete(slug);
    else this.#urls.set(slug, url);
  }

  /** Tells every App that is installed on the repository and subscribed; an uninstalled one hears nothing. */
  emit(event: string, repo: Repo, sender: Account, body: Json): void {
    const w = this.#world;
    for (const app of w.apps.values()) {
      const installation = w.installationOf(app, repo);
      if (!installation || installation.suspendedAt || !wants(app, event)) continue;
      this.#send(app, event, installation, repo, {
        ...body,
        repository: body["repository"] ?? repository(w, repo),
        ...(repo.owner.type === "Organization" ? { organization: organization(w, repo.owner) } : {}),
        sender: simpleUser(w, sender),
        installation: { id: installation.id, node_id: nodeId("MDIz", installation.id) },
      });
    }
  }

  /** Only the App whose check run it is hears of `rerequested` and `requested_action`. */
  emitTo(app: App, event: string, repo: Repo | null, installation: Installation, sender: Account, body: Json): void {
    if (!wants(app, event)) return;
    const w = this.#world;
    const repoPart = repo
      ? {
          repository: repository(w, repo),
          ...(repo.owner.type === "Organization" ? { organization: organization(w, repo.owner) } : {}),
        }
      : {};
    this.#send(app, event, installation, repo, {
      installation: { id: installation.id, node_id: nodeId("MDIz", installation.id) },
      ...repoPart,
      sender: simpleUser(w, sender),
      ...body,
    });
  }

  #send(app: App, event: string, installation: Installation, repo: Repo | null, payload: Json): void {
    const url = this.#urls.get(app.slug);
    if (url === undefined) return;
    // Frozen now: what is sent is the state at the event, not at the delivery.
    const frozen = JSON.parse(JSON.stringify(payload)) as Json;
    this.#validation.webhook(event, frozen);
    this.#start(app, {
      guid: newGuid(),
      event,
      installationId: installation.id,
      repositoryId: repo?.id ?? null,
      payload: frozen,
      redelivery: false,
      url,
    });
  }

  #start(
    app: App,
    o: {
      guid: string;
      event: string;
      installationId: number | null;
      repositoryId: number | null;
      payload: Json;
      redelivery: boolean;
      url: string;
    },
  ): void {
    const raw = JSON.stringify(o.payload);
    const headers: Record<string, string> = {
      Accept: "*/*",
      "Content-Type": "application/json",
      "User-Agent": "GitHub-Hookshot/0a1b2c3",
      "X-GitHub-Delivery": o.guid,
      "X-GitHub-Event": o.event,
      "X-GitHub-Hook-ID": String(500_000_000 + app.id),
      "X-GitHub-Hook-Installation-Target-ID": String(app.id),
      "X-GitHub-Hook-Installation-Target-Type": "integration",
      "X-Hub-Signature": `sha1=${createHmac("sha1", app.webhookSecret).update(raw).digest("hex")}`,
      "X-Hub-Signature-256": `sha256=${createHmac("sha256", app.webhookSecret).update(raw).digest("hex")}`,
    };
    const action = o.payload["action"];
    const delivery: Delivery = {
      id: this.#world.id("delivery"),
      guid: o.guid,
      event: o.event,
      action: typeof action === "string" ? action : null,
      deliveredAt: this.#world.now(),
      redelivery: o.redelivery,
      duration: 0,
      status: "pending",
      statusCode: 0,
      installationId: o.installationId,
      repositoryId: o.repositoryId,
      appId: app.id,
      url: o.url,
      request: { headers, payload: o.payload },
      response: { headers: {}, payload: "" },
    };
    this.deliveries.push(delivery);
    const work = this.#post(delivery, raw).finally(() => this.#pending.delete(work));
    this.#pending.add(work);
  }

  async #post(d: Delivery, raw: string): Promise<void> {
    await new Promise((r) => setImmediate(r)); // never before the answer to the call that caused it is under way
    const started = performance.now();
    await new Promise<void>((done) => {
      const fail = (status: string, code: number) => {
        d.status = status;
        d.statusCode = code;
        done();
      };
      if (this.#closed) return fail("failed to connect to host", 502);
      const request = http.request(
        d.url,
        {
          method: "POST",
          agent: false,
          headers: { ...d.request.headers, "Content-Length": Buffer.byteLength(raw) },
          timeout: 10_000,
        },
        (answer) => {
          const chunks: Buffer[] = [];
          answer.on("data", (c: Buffer) => chunks.push(c));
          answer.on("error", () => fail("failed to connect to host", 502));
          answer.on("end", () => {
            d.response = {
              headers: Object.fromEntries(Object.entries(answer.headers).map(([k, v]) => [k, String(v)])),
              payload: Buffer.concat(chunks).toString("utf8"),
            };
            const code = answer.statusCode ?? 0;
            fail(code < 300 ? "OK" : `Invalid HTTP Response: ${code}`, code);
          });
        },
      );
      request.on("timeout", () => {
        request.destroy();
        fail("timed out", 504);
      });
      request.on("error", () => fail("failed to connect to host", 502));
      request.end(raw);
    });
    d.duration = Math.round(performance.now() - started) / 1000;
  }

  /** The same guid and payload again, as a new delivery. */
  redeliver(id: number): boolean {
    const d = this.deliveries.find((x) => x.id === id);
    const app = d && [...this.#world.apps.values()].find((a) => a.id === d.appId);
    if (!d || !app) return false;
    this.#start(app, {
      guid: d.guid,
      event: d.event,
      installationId: d.installationId,
      repositoryId: d.repositoryId,
      payload: d.request.payload,
      redelivery: true,
      url: this.#urls.get(app.slug) ?? d.url,
    });
    return true;
  }

  async settled(): Promise<void> {
    while (this.#pending.size > 0) await Promise.all(this.#pending);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.settled();
  }
}

function wants(app: App, event: string): boolean {
  if (ALWAYS.has(event)) return true;
  const needs = EVENT_NEEDS[event];
  return app.events.includes(event) && (!needs || covers(app.permissions[needs[0]], needs[1]));
}
