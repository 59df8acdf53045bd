import { expect, test } from "vitest";
import { type AdminHandlers, adminSocketPath, serveAdmin } from "../../src/admin/index.ts";
import { CountersignError } from "../../src/base/errors.ts";
import { live, revoke } from "../../src/commands/live.ts";
import { fakeHandlers, folder, keptLog } from "../admin/world.ts";
import { fakeIo } from "./fake-io.ts";

async function world(more: Partial<AdminHandlers> = {}) {
  const dir = folder();
  const { handlers, asked } = fakeHandlers(more);
  const { io, printed } = fakeIo(dir, { env: { DATA_DIR: dir } });
  const kept = keptLog();
  const server = await serveAdmin({ path: adminSocketPath(dir), handlers, log: kept.log });
  return { io, printed, asked, lines: kept.lines, [Symbol.asyncDispose]: () => server.close() };
}
const path = "requests/aws-prod/2026-11/x.yml";
const credential = {
  kind: "aws" as const,
  path,
  run_id: 4711,
  until: "2026-11-24T10:00:00Z",
  identifiers: { access_key_id: "ASIA\u001b[31m" },
};

test("live shows grants and what is out; C62 nothing in it reaches the terminal as a command", async () => {
  await using w = await world({
    grants_live: async () => ({
      grants: [
        {
          repository: "acme/access",
          path,
          target: "aws-prod",
          role: "operator",
          requester: "alice",
          pull_request: 7,
          not_before: "2026-11-24T09:00:00Z",
          expires_at: "2026-11-24T10:00:00Z",
        },
      ],
      credentials: [{ repository: "acme/access", ...credential }],
    }),
  });
  expect(await live({}, w.io)).toBe(0);
  expect(w.printed.out).toContain("aws-prod/operator of alice (#7), 2026-11-24T09:00:00Z to 2026-11-24T10:00:00Z");
  expect(w.printed.out).toContain(`aws until 2026-11-24T10:00:00Z, run 4711, ${path}: access_key_id=ASIA`);
  expect(w.printed.out).not.toContain("\u001b");
});

test("revoke says what lives on, and the server's log has who said why", async () => {
  await using w = await world({
    grants_revoke: async (params) => ({
      repository: "acme/access",
      path: params.path,
      at: "2026-11-24T09:00:00Z",
      credentials: [credential],
      cut: ["To cut them now:", "  aws iam put-role-policy \u001b[2J"],
    }),
  });
  expect(await revoke(path, { reason: "the runner was taken over" }, w.io)).toBe(0);
  expect(w.printed.out).toContain(`Revoked at 2026-11-24T09:00:00Z: acme/access ${path} issues nothing any more.`);
  expect(w.printed.out).toContain("lives on, and can only be cut in its cloud:");
  expect(w.printed.out).toContain("To cut them now:\n  aws iam put-role-policy ");
  expect(w.printed.out).not.toContain("\u001b");
  expect(w.lines).toContainEqual(
    expect.objectContaining({ admin: "grants_revoke", path, reason: "the runner was taken over" }),
  );
});

test("without a reason nothing is asked; what the server refuses is told", async () => {
  await using w = await world({
    grants_revoke: async () => {
      throw new CountersignError("no_such_grant", "No live grant came from it.");
    },
  });
  for (const reason of [undefined, "", "two\nlines", "x".repeat(501)])
    expect(await revoke(path, reason === undefined ? {} : { reason }, w.io)).toBe(2);
  expect(w.lines).toEqual([]);
  expect(await revoke(path, { reason: "because" }, w.io)).toBe(1);
  expect(w.printed.err).toContain("No live grant came from it.");
});

test("where no server runs nothing is done", async () => {
  const dir = folder();
  const { io, printed } = fakeIo(dir, { env: { DATA_DIR: dir } });
  expect(await revoke(path, { reason: "because", json: true }, io)).toBe(1);
  expect(JSON.parse(printed.out)).toMatchObject({ ok: false, code: "no_server" });
});
