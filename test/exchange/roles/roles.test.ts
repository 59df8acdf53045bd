import { beforeEach, expect, test } from "vitest";
import { loadPolicy } from "../../../src/access-repo/index.ts";
import { CountersignError, RetryLater } from "../../../src/base/errors.ts";
import { CloudError } from "../../../src/cloud/index.ts";
import { planChecks } from "../../../src/exchange/roles/plan.ts";
import { checkableRoles } from "../../../src/exchange/roles/roles.ts";
import { describeStores } from "../../helpers/stores.ts";
import { until } from "../world.ts";
import { awsTarget, canary, FakeCloud, id, otherTarget, startWorld, type World } from "./world.ts";

const denied = async (): Promise<void> => {
  throw new CloudError("cloud_denied", "AWS does not let us assume it. Its trust policy must allow sts:TagSession.");
};
const away = async (): Promise<void> => {
  throw new CloudError("cloud_unavailable", "AWS STS does not answer now. Try again.");
};
const many = (n: number): Record<string, string> =>
  Object.fromEntries(Array.from({ length: n }, (_, i) => [`r${String(i).padStart(3, "0")}`, `x-${i}`]));

describeStores("roles of an accepted policy", (open, kind) => {
  let world: World;
  beforeEach(async () => {
    world = await startWorld((await open()).db);
  });
  const last = () => world.github.posted.at(-1);
  const later = (seconds: number) => (world.time.now = new Date(world.time.now.getTime() + seconds * 1000));
  const rows = () => world.db.selectFrom("role_check").selectAll().orderBy("target").orderBy("role").execute();

  test("at enrolment each is tried once; the ledger and a check run of its own name tell of it", async () => {
    const commit = await world.accept({
      "aws-prod": awsTarget({ operator: "a", reader: "b" }),
      vault: otherTarget("oidc"),
    });
    expect(await world.drain()).toBe(1);
    expect(world.cloud.names()).toEqual(["aws-prod/operator", "aws-prod/reader"]);
    expect(world.github.posted).toHaveLength(1);
    expect(last()).toMatchObject({ commit, existing: null });
    expect(last()?.externalId).toMatch(/^roles:sha256:/);
    expect(last()?.content).toMatchObject({
      about: "roles",
      conclusion: "success",
      title: "All 2 roles can be assumed",
      annotations: [],
    });
    const entries = await world.entries();
    expect(entries).toMatchObject([
      { target: "aws-prod", kind: "aws", outcome: "ok", code: null, commit },
      { target: "aws-prod", kind: "aws", outcome: "ok", code: null, commit },
    ]);
    expect(entries.map(({ subject }) => subject).toSorted()).toEqual([
      `repository:${id}:aws:aws-prod:operator`,
      `repository:${id}:aws:aws-prod:reader`,
    ]);
    // Twice or more changes nothing.
    await world.checks.run(id);
    expect(await world.drain()).toBe(0);
    expect([world.cloud.asked.length, world.github.posted.length]).toEqual([2, 1]);
    expect(world.cloud.asked.map(({ check }) => check).toSorted()).toEqual(entries.map((e) => e.id).toSorted());
  });

  test("a policy that changes who may ask and for how long tries nothing and says nothing", async () => {
    await world.accept({ "aws-prod": awsTarget({ operator: "a" }) });
    await world.drain();
    await world.accept({ "aws-prod": awsTarget({ operator: "a" }, "    approvals: 2\n    max_session: 2h\n") });
    await world.accept({ "aws-prod": awsTarget({ operator: "a" }, "    approvals: 3\n"), vault: otherTarget("oidc") });
    expect(await world.drain()).toBe(1);
    expect([world.cloud.asked.length, world.github.posted.length]).toEqual([1, 1]);
  });

  test("one that changes what a cloud sees of a role tries that role alone, and tells of it on its own commit", async () => {
    await world.accept({ "aws-prod": awsTarget({ operator: "a", reader: "b" }) });
    await world.drain();
    const commit = await world.accept({ "aws-prod": awsTarget({ operator: "z", reader: "b" }) });
    await world.drain();
    expect(world.cloud.names()).toEqual(["aws-prod/operator", "aws-prod/operator", "aws-prod/reader"]);
    expect(last()).toMatchObject({ commit, existing: null, content: { title: "The role can be assumed" } });
    await world.accept({ "aws-prod": awsTarget({ operator: "z", reader: "b" }, "", "us-east-1") });
    await world.drain();
    expect(world.cloud.asked).toHaveLength(5);
    await world.accept({ "aws-prod": awsTarget({ operator: "z" }, "", "us-east-1") });
    await world.drain();
    expect(world.cloud.asked).toHaveLength(5);
    expect((await rows()).map((r) => r.role)).toEqual(["operator"]);
  });

  test("what is missing is said with its cure: the trust's own line, and the command that prints the whole", async () => {
    world.cloud.checkAs = ({ subject }) => (subject.endsWith("operator") ? denied() : Promise.resolve());
    await world.accept({ "aws-prod": awsTarget({ operator: "a", reader: "b" }), github: otherTarget("github") });
    await world.drain();
    const { title, conclusion, summary } = last()!.content;
    expect(conclusion).toBe("failure");
    expect(title).toBe("2 of 3 roles cannot be assumed: aws-prod/operator, github/d…");
    expect(summary).toContain(
      "**aws-prod/operator** cannot be assumed (`cloud_denied`). AWS does not let us assume it.",
    );
    expect(summary).toContain(
      `\`"StringEquals":{"countersign.example:aud":"sts.amazonaws.com","countersign.example:sub":"repository:${id}:aws:aws-prod:operator"}\``,
    );
    expect(summary).toContain(
      `npx countersign setup aws-prod --role operator --issuer-url https://countersign.example --repository-id ${id}`,
    );
    expect(summary).toContain("**aws-prod/reader** can be assumed");
    expect(summary).toContain("**github/deployer** cannot be assumed (`kind_not_supported`)");
    expect((await world.entries()).map((e) => `${e.role} ${e.outcome} ${e.code}`).toSorted()).toEqual([
      "deployer missing kind_not_supported",
      "operator missing cloud_denied",
      "reader ok null",
    ]);
    // A later policy reminds of what is still missing, and does not ask again.
    await world.accept({ "aws-prod": awsTarget({ operator: "a", reader: "c" }), github: otherTarget("github") });
    await world.drain();
    expect(world.cloud.asked).toHaveLength(3);
    expect(last()?.content.conclusion).toBe("success");
    expect(last()?.content.summary).toContain(
      "not found right when last tried: **aws-prod/operator**, **github/deployer**",
    );
  });

  test("a cloud that does not answer is tried again later, and at last said to be unknown; the role is not blamed", async () => {
    world.cloud.checkAs = away;
    await world.accept({ "aws-prod": awsTarget({ operator: "a" }) });
    await world.checks.run(id);
    expect(last()?.content).toMatchObject({ conclusion: "neutral", title: "1 of 1 role not checked: no answer" });
    expect(await world.entries()).toEqual([]);
    const waits: number[] = [];
    for (;;) {
      const next = world.jobs.splice(0).at(-1);
      if (!next) break;
      waits.push(next.in);
      await world.checks.run(id); // too early: nothing happens
      world.jobs.splice(0);
      later(next.in);
      await world.checks.run(id);
    }
    expect(waits).toEqual([60, 300, 900, 1800, 3600]);
    expect(world.cloud.asked).toHaveLength(6);
    expect(await world.entries()).toMatchObject([{ outcome: "unknown", code: "cloud_unavailable" }]);
    expect(last()?.content).toMatchObject({ conclusion: "neutral" });
    expect(last()?.content.summary).toContain("its cloud did not answer (`cloud_unavailable`)");
    later(86_400);
    expect(await world.drain()).toBe(0);
  });

  test("one that answers at the second try is fine, in the same check run", async () => {
    world.cloud.checkAs = (_, n) => (n === 1 ? away() : Promise.resolve());
    await world.accept({ "aws-prod": awsTarget({ operator: "a" }) });
    await world.drain();
    later(60);
    await world.drain();
    expect(last()).toMatchObject({ existing: 7001, content: { conclusion: "success" } });
    expect(await world.entries()).toMatchObject([{ outcome: "ok" }]);
  });

  test("C58 a process that dies in the middle loses no check, and what it had tried is not tried again", async () => {
    await world.accept({ "aws-prod": awsTarget(many(6)) });
    const never = new Promise<never>(() => {});
    world.cloud.checkAs = (_, n) => (n > 2 ? never : Promise.resolve());
    world.checks.run(id).catch(() => {}); // gives up after the test
    await until(async () => (await rows()).filter((r) => r.state === "done").length === 2);
    const tried = (await rows()).filter((r) => r.state === "done").map((r) => `aws-prod/${r.role}`);
    const cloud = new FakeCloud();
    await world.restart({ brokers: new Map([["aws", cloud]]) }).run(id);
    expect(cloud.names()).toHaveLength(4);
    expect(cloud.names().filter((n) => tried.includes(n))).toEqual([]);
    expect((await world.entries()).map((e) => e.role).toSorted()).toEqual(Object.keys(many(6)));
    expect(last()?.content.title).toBe("All 6 roles can be assumed");
  });

  test("replicas that go through the first policy of all at once find each role once", async () => {
    const commit = await world.accept({ "aws-prod": awsTarget(many(40)) });
    const loaded = loadPolicy(await world.github.policyAt({ id, fullName: "acme/access" }, commit));
    if (!loaded.ok) throw new Error("the policy does not load");
    const roles = checkableRoles(loaded.policy, id);
    const accepted = { digest: loaded.policy.digest, commit };
    await Promise.all(Array.from({ length: 8 }, () => planChecks(world.db, id, accepted, roles, world.time.now)));
    expect((await rows()).map((row) => row.role)).toEqual(Object.keys(many(40)));
  });

  test("two replicas at once record each role once", async () => {
    await world.accept({ "aws-prod": awsTarget(many(6)) });
    await Promise.all([world.checks.run(id), world.restart().run(id)]);
    expect((await world.entries()).map((e) => e.role).toSorted()).toEqual(Object.keys(many(6)));
  });

  test("a newer policy supersedes: nothing more is tried as the older has it, and all is told on the newer commit", async () => {
    await world.accept({ "aws-prod": awsTarget({ a: "a", b: "b", c: "c", d: "d", e: "e", f: "f" }) });
    let newer = "";
    world.cloud.checkAs = async (_, n) => {
      if (n === 1) newer = await world.accept({ "aws-prod": awsTarget({ a: "a", e: "z", f: "f" }) });
    };
    await world.drain();
    // Those that were under way when it came.
    const arns = world.cloud.asked.map(({ role }) => role.kind === "aws" && role.role_arn.split("/")[1]);
    expect(arns).not.toContain("e");
    expect(arns.filter((arn) => arn === "z")).toHaveLength(1);
    expect(new Set(world.github.posted.map(({ commit }) => commit))).toEqual(new Set([newer]));
    expect((await rows()).map((r) => [r.role, r.state])).toEqual([
      ["a", "done"],
      ["e", "done"],
      ["f", "done"],
    ]);
  });

  test("C59 frozen: nothing is tried, that is said, and it is tried when the freeze is over", async () => {
    world.config.frozen = [{ kind: "all" }];
    const targets = { "aws-prod": awsTarget({ operator: "a" }), "aws-test": awsTarget({ operator: "b" }) };
    await world.accept(targets);
    expect(await world.drain()).toBe(1);
    expect(world.cloud.asked).toEqual([]);
    expect(last()?.content).toMatchObject({ conclusion: "neutral", title: "2 of 2 roles not checked: frozen" });
    world.config.frozen = [];
    await world.accept(targets, "[{ target: aws-prod }]");
    await world.drain();
    expect(world.cloud.names()).toEqual(["aws-test/operator"]);
    expect(last()?.content.summary).toContain("**aws-prod/operator** is not checked: frozen");
    await world.accept(targets);
    await world.drain();
    expect(world.cloud.names()).toEqual(["aws-prod/operator", "aws-test/operator"]);
    expect(last()?.content.conclusion).toBe("success");
  });

  test("C53 in policy quarantine nothing is tried, and nothing of a policy that nobody accepted", async () => {
    await world.accept({ "aws-prod": awsTarget({ operator: "a" }) });
    await world.db
      .updateTable("enrolment")
      .set({ quarantined_digest: `sha256:${"e".repeat(64)}` })
      .execute();
    expect(await world.drain()).toBe(0);
    await world.checks.run(id);
    expect([world.cloud.asked.length, world.github.posted.length]).toEqual([0, 0]);
    await world.db.updateTable("enrolment").set({ quarantined_digest: null }).execute();
    expect(await world.drain()).toBe(1);
    expect(world.cloud.asked).toHaveLength(1);
  });

  // Three hundred transactions: once is enough.
  test.skipIf(kind === "pglite")(
    "a policy with a flood of roles: some at once, some a minute, and at most 200; what is left out is said",
    async () => {
      const targets = Object.fromEntries(["a", "b", "c"].map((name) => [`aws-${name}`, awsTarget(many(100))]));
      // Each waits for three others: fewer at once would wait for ever.
      let four = Promise.withResolvers<void>();
      world.cloud.checkAs = async (_, n) => {
        const mine = four;
        if (n % 4 === 0) {
          four = Promise.withResolvers<void>();
          mine.resolve();
        }
        await mine.promise;
      };
      await world.accept(targets);
      await world.checks.run(id);
      expect([world.cloud.asked.length, world.cloud.most]).toEqual([24, 4]);
      expect(world.jobs.splice(0)).toEqual([{ key: `check-roles:${id}`, in: 30 }]);
      expect(last()?.content).toMatchObject({ conclusion: "neutral", title: "24 of 200 roles tried so far" });
      for (let i = 0; i < 10; i++) {
        later(30);
        await world.checks.run(id);
      }
      expect(world.cloud.asked).toHaveLength(200);
      expect(last()?.content).toMatchObject({ conclusion: "neutral", title: "200 roles can be assumed, 100 left out" });
      expect(last()?.content.summary.length).toBeLessThan(64_000);
      expect(world.github.posted.filter(({ existing }) => existing === null)).toHaveLength(1);
      expect(await world.drain()).toBe(0);
      // The button lets the rest have their turn.
      world.jobs.length = 0;
      await world.checks.again(id);
      for (let i = 0; i < 5; i++) {
        later(30);
        await world.checks.run(id);
      }
      expect(world.cloud.asked).toHaveLength(300);
      expect(last()?.content.title).toBe("All 300 roles can be assumed");
    },
  );

  test("a flood of roles that lack something still fits into what GitHub shows", async () => {
    world.cloud.checkAs = async () => {
      throw new CloudError("cloud_denied", "x ".repeat(1000));
    };
    await world.accept({ "aws-prod": awsTarget(many(60)) });
    for (let i = 0; i < 3; i++) {
      await world.checks.run(id);
      later(30);
    }
    const { summary } = last()!.content;
    expect(summary.length).toBeLessThan(64_000);
    expect(summary).toContain("**aws-prod/r059** cannot be assumed");
    expect(summary).toContain("Once it is mended");
  });

  test("C62 what a message quotes of a target file stays text", async () => {
    world.cloud.checkAs = async () => {
      throw new CloudError("cloud_denied", "<img src=x> @acme/security #1 [x](https://evil.example) `y`\n- z");
    };
    await world.accept({ "aws-prod": awsTarget({ operator: "a" }) });
    await world.drain();
    const { summary } = last()!.content;
    expect(summary).toContain("&lt;img src=x&gt;");
    for (const raw of ["<img", "@acme", "[x](", "https://evil", "\n- z"]) expect(summary).not.toContain(raw);
  });

  test("C31 the button tries again what was not right, once a minute at most, and nothing else", async () => {
    world.cloud.checkAs = ({ subject }) => (subject.endsWith("operator") ? denied() : Promise.resolve());
    await world.accept({ "aws-prod": awsTarget({ operator: "a", reader: "b" }) });
    await world.drain();
    world.cloud.checkAs = undefined;
    await world.checks.again(id);
    expect(world.jobs).toEqual([]);
    later(60);
    await world.checks.again(id);
    expect(world.jobs).toEqual([{ key: `check-roles:${id}`, in: 0 }]);
    await world.drain();
    expect(world.cloud.asked).toHaveLength(3);
    expect(last()).toMatchObject({ existing: 7001, content: { title: "All 2 roles can be assumed" } });
    expect((await world.entries()).map((e) => e.outcome)).toContain("missing");
    expect(await world.entries()).toHaveLength(3);
  });

  test("a GitHub that takes no check run is asked again where it may help, and no role is tried again for it", async () => {
    await world.accept({ "aws-prod": awsTarget({ operator: "a" }) });
    world.github.postAs = () => Promise.reject(new RetryLater("write_budget", "later", { after: 60 }));
    await expect(world.checks.run(id)).rejects.toMatchObject({ code: "write_budget" });
    world.github.postAs = undefined;
    await world.checks.run(id);
    expect([world.cloud.asked.length, world.github.posted.length]).toEqual([1, 1]);
    await world.accept({ "aws-prod": awsTarget({ operator: "b" }) });
    world.github.postAs = () => Promise.reject(new CountersignError("github_not_visible", "gone"));
    await world.drain();
    world.github.postAs = undefined;
    await world.checks.run(id);
    expect([world.cloud.asked.length, world.github.posted.length]).toEqual([2, 1]);
  });

  test("C44 no assertion, no answer and no error of a cloud is in a row, the log, the ledger or the check run", async () => {
    world.cloud.checkAs = async (_, n) => {
      const cause = new Error(`upstream said ${canary}`);
      if (n === 1) throw new CloudError("cloud_denied", "Ours.", { cause });
      if (n === 2) throw cause;
    };
    await world.accept({ "aws-prod": awsTarget({ a: "a", b: "b", c: "c" }) });
    await world.drain();
    await world.entries();
    const written = JSON.stringify([
      await rows(),
      await world.db.selectFrom("role_report").selectAll().execute(),
      await world.db.selectFrom("ledger_entry").selectAll().execute(),
      world.log,
      world.github.posted,
      world.github.commits,
    ]);
    expect(written).toContain("Ours.");
    expect(written).not.toContain(canary);
    expect(JSON.stringify([{ message: `x ${canary}` }])).toContain(canary);
  });
});
