import { describe, expect, test } from "vitest";
import type { Facts, Rule, Ruleset } from "../../src/doctor/index.ts";
import { ledgerRules } from "../../src/doctor/recommended.ts";
import { appId, brief, facts, find, ourBypass, read, rulesOf, ruleset, unreadable } from "./facts.ts";

const all = [...ledgerRules.values()];
const ledger = (types: readonly string[], more: Partial<Ruleset> = {}, rule: Partial<Rule> = {}): Partial<Facts> => {
  const rules = types.map((type) => ({ type }));
  return {
    ledgerRules: read(rulesOf(rules, 2, rule)),
    rulesets: new Map([...facts().rulesets, [2, read(ruleset(2, rules, { bypass: read([ourBypass]), ...more }))]]),
  };
};
const fence = ["creation", "update", "deletion", "non_fast_forward"];

describe("the fence around the ledger", () => {
  test("none: a ruleset that only our App may bypass", () => {
    const [only, ...more] = find({ ledgerRules: read([]) });
    expect(more).toEqual([]);
    expect(only).toMatchObject({
      code: "ledger-rules",
      level: "warning",
      fix: { loosens: [], call: { method: "POST", path: "repos/acme/access/rulesets" } },
    });
    expect(only?.what).toBe(
      "countersign-ledger may be created, written to, deleted and rewritten by whoever may push.",
    );
    expect(only?.fix?.call.body).toMatchObject({
      conditions: { ref_name: { include: ["refs/heads/countersign-ledger"] } },
      bypass_actors: [{ actor_id: appId, actor_type: "Integration", bypass_mode: "always" }],
      rules: all,
    });
  });
  test.each(fence)("without %s: that alone is added", (type) => {
    const [only] = find(ledger(fence.filter((each) => each !== type)));
    expect(only).toMatchObject({ code: "ledger-rules", fix: { call: { body: { rules: [{ type }] } } } });
  });
  test("no command while nobody says which App is ours: it would lock the app out", () => {
    const fenceFinding = find({ ledgerRules: read([]), app: null }).find((f) => f.code === "ledger-rules");
    expect(fenceFinding?.fix).toBeUndefined();
    expect(fenceFinding?.cure).toContain("--app");
  });
  test("that could not be read is unknown", () => {
    expect(brief({ ledgerRules: unreadable })).toEqual(["unknown ledger-rules"]);
  });
});

describe("the app's way through", () => {
  test("closed: an error; the fix adds our App and keeps the others", () => {
    const other = { type: "OrganizationAdmin", id: null, mode: "always" };
    const found = find(ledger(fence, { bypass: read([other]) }));
    expect(found.map((f) => `${f.level} ${f.code}`)).toEqual(["error ledger-blocked", "warning ledger-bypass"]);
    expect(found[0]?.fix).toMatchObject({
      loosens: ["that our App keeps its rules"],
      call: {
        method: "PUT",
        body: {
          bypass_actors: [
            { actor_id: null, actor_type: "OrganizationAdmin", bypass_mode: "always" },
            { actor_id: appId, actor_type: "Integration", bypass_mode: "always" },
          ],
        },
      },
    });
    expect(found[1]?.what).toContain("owners of the organization");
  });
  test("on pull requests alone is closed: the ledger is written by pushes", () => {
    expect(brief(ledger(fence, { bypass: read([{ ...ourBypass, mode: "pull_request" }]) }))).toEqual([
      "error ledger-blocked",
    ]);
  });
  test("closed by a ruleset for all branches of the organization: who can, and no fix", () => {
    const [only] = find(
      ledger(
        ["pull_request", "required_status_checks", ...fence],
        { bypass: read([]) },
        { sourceType: "Organization", source: "acme" },
      ),
    );
    expect(only).toMatchObject({ level: "error", code: "ledger-blocked" });
    expect(only?.what).toContain("pull_request, required_status_checks, creation and update");
    expect(only?.cure).toContain("ask one of its owners");
    expect(only?.fix).toBeUndefined();
  });
  test("not shown: unknown, never fine", () => {
    expect(brief(ledger(fence, { bypass: unreadable }))).toEqual(["unknown ledger-blocked", "unknown ledger-bypass"]);
    expect(brief({ ...ledger(fence), app: null }).filter((f) => f.includes("ledger"))).toEqual([
      "unknown ledger-blocked",
      "unknown ledger-bypass",
    ]);
  });
  test("seen by the App itself", () => {
    const hidden = { bypass: unreadable, readerBypasses: "always" };
    expect(brief({ ...ledger(fence, hidden), reader: "app" })).toEqual(["unknown ledger-bypass"]);
    expect(brief({ ...ledger(fence, { ...hidden, readerBypasses: "never" }), reader: "app" })).toEqual([
      "error ledger-blocked",
      "unknown ledger-bypass",
    ]);
    expect(brief({ ...ledger(fence, { ...hidden, readerBypasses: "pull_requests_only" }), reader: "app" })).toContain(
      "error ledger-blocked",
    );
  });
  test("a ruleset that could not be read at all: unknown", () => {
    const more = ledger(fence);
    expect(brief({ ...more, rulesets: new Map([...facts().rulesets, [2, unreadable]]) })).toEqual([
      "unknown ledger-blocked",
      "unknown ledger-bypass",
    ]);
  });
});
