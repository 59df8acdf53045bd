import { mkdtempSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { pino } from "pino";
import { onTestFinished } from "vitest";
import type { AdminHandlers } from "../../src/admin/index.ts";

/** A folder that is gone after the test. */
export function folder(): string {
  const dir = mkdtempSync(join(tmpdir(), "cs-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

export const kid = "K".repeat(43);

/** Handlers that keep what they were asked. */
export function fakeHandlers(more: Partial<AdminHandlers> = {}) {
  const asked: unknown[] = [];
  const handlers: AdminHandlers = {
    keys_list: async (params) => {
      asked.push(["keys_list", params]);
      return { keys: [] };
    },
    keys_rotate: async (params) => {
      asked.push(["keys_rotate", params]);
      return { purpose: params.purpose, kid, active_from: "2026-11-24T09:00:00Z", ledgers: null };
    },
    keys_revoke: async (params) => {
      asked.push(["keys_revoke", params]);
      return { purpose: "issuer", kid: params.kid, already: false, signs: null };
    },
    keys_export: async () => ({ export: { v: 1, keys: [] } }),
    keys_import: async (params) => {
      asked.push(["keys_import", params]);
      return { steps: [], unreadable: [] };
    },
    grants_live: async () => ({ grants: [], credentials: [] }),
    grants_revoke: async (params) => {
      asked.push(["grants_revoke", params]);
      return { repository: "acme/access", path: params.path, at: "2026-11-24T09:00:00Z", credentials: [], cut: [] };
    },
    policy_accept: async (params) => {
      asked.push(["policy_accept", params]);
      const { digest } = params;
      return { repository: "acme/access", digest, previous: digest, commit: "a".repeat(40), already: false };
    },
    ledger_accept: async (params) => {
      asked.push(["ledger_accept", params]);
      const commit = "a".repeat(40);
      return { repository: "acme/access", after: commit, tip: commit, foreign: 1, recorded: true };
    },
    ...more,
  };
  return { handlers, asked };
}

/** A log that keeps its lines, as they would be written. */
export function keptLog() {
  const lines: Record<string, unknown>[] = [];
  const write = (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>);
  return { log: pino({ level: "trace", base: null, formatters: { level: (level) => ({ level }) } }, { write }), lines };
}

/** Sends bytes as they are and reads to the end. */
export async function raw(path: string, bytes: string | Buffer): Promise<string> {
  const socket = connect(path);
  socket.on("error", () => undefined);
  socket.write(bytes);
  return text(socket).catch(() => "");
}
