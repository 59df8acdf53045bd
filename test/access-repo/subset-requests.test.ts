import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  checkRequest,
  parseRequest,
  parseRequestPath,
  parseTarget,
  type Statement,
  statementInside,
} from "../../src/access-repo/index.ts";
import { loadedPolicy } from "./examples.ts";
import { placed, valueOf } from "./expect-codes.ts";

// What AWS lets through, by other means than ours. Its page on Resource says that wildcards stand "within the individual
// segments of an ARN", and then: "If the * wildcard is the last character of a resource ARN segment, it can expand to match
// beyond the colon boundaries." (IAM User Guide, JSON policy elements: Resource.) No reading is certain, so what is inside has
// to be inside by each. Both sides are read in one way: AWS has one.

/** Whether the wildcard at this place of a pattern takes a colon. The sixth field holds colons in every reading. */
type Reading = (pattern: string, at: number) => boolean;
const inRest: Reading = (pattern, at) => pattern.slice(0, at).split(":").length > 5;
const readings: Readonly<Record<string, Reading>> = {
  "within segments": inRest,
  "beyond the colon at the end of a segment": (pattern, at) =>
    inRest(pattern, at) || (pattern[at] === "*" && (pattern[at + 1] ?? ":") === ":"),
  anywhere: () => true,
};

/** A pattern as a regular expression, which is another matcher than ours. */
function expression(pattern: string, reading: Reading): RegExp {
  if (pattern === "*") return /^/;
  const source = Array.from(pattern, (c, at) => {
    const any = reading(pattern, at) ? "." : "[^:]";
    return c === "*" ? `${any}*` : c === "?" ? any : c.replace(/[^A-Za-z0-9]/, "\\$&");
  });
  return new RegExp(`^${source.join("")}$`);
}
const hasAction = (s: Statement, action: string): boolean =>
  s.actions.some((pattern) => expression(pattern.toLowerCase(), () => true).test(action.toLowerCase()));

function texts(letters: string, length: number): string[] {
  let last = [""];
  const all = [""];
  for (let i = 0; i < length; i++) all.push(...(last = last.flatMap((t) => Array.from(letters, (c) => t + c))));
  return all;
}

// Every concrete pair over a tiny alphabet: two services of which one begins like the other, names of up to three letters in
// either case, two partitions, and any end of an ARN with up to six of two letters and a colon, so that borders shift.
const concreteActions = ["s", "s3"].flatMap((service) => texts("aB", 3).map((name) => `${service}:${name}`));
const ends = texts("ab:", 6).filter((end) => end.split(":").length > 2);
const concreteArns = ["aws:s3", "aws:s", "aws-cn:s3"].flatMap((head) => ends.map((end) => `arn:${head}:${end}`));

/** A concrete pair that the first lets through and the second does not. */
function escape(asked: readonly Statement[], role: readonly Statement[], reading: Reading): string | undefined {
  const expressionsOf = (statements: readonly Statement[], action: string) =>
    statements.flatMap((s) => (hasAction(s, action) ? s.resources.map((arn) => expression(arn, reading)) : []));
  const seen = new Set<string>();
  for (const action of concreteActions) {
    const [wanted, given] = [expressionsOf(asked, action), expressionsOf(role, action)];
    // Actions that the same statements have need one look.
    const question = `${wanted.join()} ${given.join()}`;
    if (wanted.length === 0 || seen.has(question)) continue;
    seen.add(question);
    const takenBy = (list: readonly RegExp[], arn: string): boolean => list.some((one) => one.test(arn));
    const arn = concreteArns.find((one) => takenBy(wanted, one) && !takenBy(given, one));
    if (arn !== undefined) return `${action} on ${arn}`;
  }
  return undefined;
}

const of = (letters: string, min: number, max: number) =>
  fc.string({ unit: fc.constantFrom(...letters), minLength: min, maxLength: max });
const action = fc.oneof(
  { weight: 1, arbitrary: fc.constant("*") },
  {
    weight: 6,
    arbitrary: fc
      .tuple(fc.constantFrom("s", "s3", "S3"), of("aAB*?", 1, 3))
      .map(([service, name]) => `${service}:${name}`),
  },
);
const arn = fc.oneof(
  { weight: 1, arbitrary: fc.constant("*") },
  {
    weight: 8,
    arbitrary: fc
      .tuple(
        fc.constantFrom("aws:s3", "aws:s3", "aws:s", "aws-cn:s3"),
        of("ab*?", 0, 2),
        of("ab*?", 0, 2),
        of("ab:*?", 1, 3),
      )
      .map(([head, region, account, rest]) => `arn:${head}:${region}:${account}:${rest}`),
  },
);
const listOf = <T>(item: fc.Arbitrary<T>, maxLength = 2) => fc.array(item, { minLength: 1, maxLength });
const statement: fc.Arbitrary<Statement> = fc.record({ actions: listOf(action), resources: listOf(arn) });

/** Often inside: a statement of the role with something in the place of its wildcards. */
const narrowed = (role: readonly Statement[]): fc.Arbitrary<Statement> =>
  fc
    .tuple(fc.constantFrom(...role), listOf(fc.constantFrom("a", "b", "ab", "?", "a*", "*", "**", ":", "b:"), 3))
    .map(([from, pieces]): Statement => {
      let next = 0;
      const narrow = (text: string): string =>
        text === "*" ? text : text.replaceAll("*", () => pieces[next++ % pieces.length] ?? "");
      return {
        actions: from.actions.map((a) => narrow(a).replace(/:+$/, ":a")),
        resources: from.resources.map(narrow),
      };
    });
/** As good as inside: a statement of the role with one character more, less or another, which is where a slip would show. */
const oneOff = (role: readonly Statement[]): fc.Arbitrary<Statement> =>
  fc
    .tuple(
      fc.constantFrom(...role),
      fc.nat(60),
      fc.nat(1),
      fc.constantFrom("", "a", "B", "*", "?", ":", "-cn"),
      fc.boolean(),
    )
    .map(([from, at, less, put, inAction]): Statement => {
      const edit = (text: string): string => {
        const place = at % (text.length + 1);
        return text.slice(0, place) + put + text.slice(place + less);
      };
      const [action = "*", ...actions] = from.actions;
      const [arn = "*", ...resources] = from.resources;
      return inAction
        ? { ...from, actions: [edit(action), ...actions] }
        : { ...from, resources: [edit(arn), ...resources] };
    });
const asked = (role: readonly Statement[]) => fc.oneof(statement, narrowed(role), oneOff(role), oneOff(role));
// `npm run test:slow` looks much longer.
const runs = process.env.SLOW === undefined ? 1200 : 30_000;

describe.each(Object.entries(readings))("C67 with wildcards %s", (_, reading) => {
  test("no pair that a statement inside the role's lets through escapes the role", () => {
    const cases = listOf(statement).chain((role) => fc.tuple(fc.constant(role), asked(role)));
    let inside = 0;
    fc.assert(
      fc.property(cases, ([role, one]) => {
        if (!statementInside(one, role)) return;
        inside++;
        expect(escape([one], role, reading)).toBeUndefined();
      }),
      { numRuns: runs },
    );
    expect(inside).toBeGreaterThan(runs / 10);
  });

  test("no pair that an accepted request of several statements and sets lets through escapes the role", () => {
    const path = parseRequestPath("requests/aws-prod/x.yml") ?? expect.fail("path");
    const policy = loadedPolicy();
    // JSON is YAML: the generated values are what a file holds, and what is checked is the text.
    const file = (value: object): string => `${JSON.stringify(value)}\n`;
    const targetOf = (role: readonly Statement[], sets: Readonly<Record<string, readonly Statement[]>>) => {
      const operator = {
        role_arn: "arn:aws:iam::123456789012:role/x",
        max_duration: "4h",
        allow: role,
        allow_persistence: "true",
      };
      return valueOf(
        parseTarget(file({ version: "1", cloud: "aws", roles: { operator }, sets }), "targets/aws-prod.yml"),
      );
    };
    const cases = listOf(statement).chain((role) =>
      fc.record({
        role: fc.constant(role),
        own: fc.array(asked(role), { maxLength: 2 }),
        sets: fc.dictionary(fc.constantFrom("x", "y"), listOf(asked(role), 1)),
      }),
    );
    const workflow = { repository: "acme/infra", file: ".github/workflows/x.yml", ref: "refs/heads/main" };
    let accepted = 0;
    fc.assert(
      fc.property(cases, ({ role, own, sets }) => {
        // What is no statement at all is refused in the target file already.
        if (
          !Object.values(sets)
            .flat()
            .every((s) => statementInside(s, "everything"))
        )
          return;
        const names = Object.keys(sets);
        const request = {
          version: "1",
          role: "operator",
          reason: "Try what is inside the role",
          duration: "1h",
          workflow,
          ...(own.length === 0 ? {} : { allow: own }),
          ...(names.length === 0 ? {} : { sets: names }),
        };
        const parsed = parseRequest(file(request), path.path);
        if (!parsed.ok) {
          expect(placed(parsed.diagnostics).join()).toContain("CS1020");
          return;
        }
        const target = targetOf(role, sets);
        const checked = checkRequest({
          file: parsed.value,
          path,
          policy: { ...policy, targets: new Map([["aws-prod", target]]) },
          now: new Date(0),
          merged: true,
        });
        if (!checked.ok) return;
        accepted++;
        const all = [...own, ...Object.values(sets).flat()];
        expect(checked.value.allow).toEqual(all.length === 0 ? role : all);
        expect(escape(all, role, reading)).toBeUndefined();
      }),
      { numRuns: runs },
    );
    expect(accepted).toBeGreaterThan(runs / 10);
  });
});
