import { expect, test } from "vitest";
import type { CountersignError } from "../../src/base/errors.ts";
import { openCatalogue } from "../../src/action-catalogue/index.ts";
import type { ActionList } from "../../src/action-catalogue/open-catalogue.ts";

const s3 = { name: "DeleteBucket", description: "Grants permission to delete a bucket", accessLevel: "Write" };

/** A list that is like the package's and tells what was asked of it. */
function listOf(parts: { services?: unknown; actions?: readonly unknown[] | Error } = {}) {
  const asked: string[] = [];
  const state = { ...parts };
  const list: ActionList = {
    services: async () => state.services ?? ["s3", "ec2"],
    actions: async (service) => {
      asked.push(service);
      if (state.actions instanceof Error) throw state.actions;
      return state.actions ?? [s3];
    },
  };
  return { list, asked, state };
}

const refusal = async (work: Promise<unknown>): Promise<CountersignError> =>
  work.then(
    () => expect.fail("was accepted"),
    (error: CountersignError) => error,
  );

test("the published list is read: names, levels and descriptions of the services that were asked for", async () => {
  const catalogue = await (await openCatalogue()).load(["s3", "iam"]);
  expect(catalogue.services.size).toBeGreaterThan(400);
  expect(catalogue.actionsOf("s3").get("deletebucket")).toEqual({
    service: "s3",
    name: "DeleteBucket",
    level: "Write",
    description: "Grants permission to delete the bucket named in the URI",
  });
  expect(catalogue.actionsOf("s3").get("putbucketpolicy")?.level).toBe("Permissions management");
  expect(catalogue.actionsOf("s3").get("putobjecttagging")?.level).toBe("Tagging");
  expect(catalogue.actionsOf("iam").get("passrole")?.name).toBe("PassRole");
});

test("every service of the published list is understood, so that an upgrade of the package cannot fail later", async () => {
  const source = await openCatalogue();
  const { services } = await source.load([]);
  const catalogue = await source.load(services);
  const empty = [...services].filter((service) => catalogue.actionsOf(service).size === 0);
  expect(empty).toEqual([]);
});

test("a service that was not loaded throws; one that AWS does not have is empty", async () => {
  const catalogue = await (await openCatalogue()).load(["s3"]);
  expect(() => catalogue.actionsOf("ec2")).toThrow(RangeError);
  expect(catalogue.actionsOf("s4").size).toBe(0);
});

test.each(["__proto__", "constructor", "../x", "../../package", "s3/../ec2", "S3", "", "\0", "a".repeat(5000)])(
  "%j never reaches the list, which makes file names of services",
  async (name) => {
    const { list, asked } = listOf();
    const catalogue = await (await openCatalogue(list)).load([name, "s3"]);
    expect(asked).toEqual(["s3"]);
    expect(catalogue.actionsOf(name).size).toBe(0);
  },
);

test("a service is read once, also by loads at the same time", async () => {
  const { list, asked } = listOf();
  const source = await openCatalogue(list);
  await Promise.all([source.load(["s3", "s3"]), source.load(["s3", "ec2"])]);
  await source.load(["s3"]);
  expect(asked).toEqual(["s3", "ec2"]);
});

test("a read that failed fails this load and is tried again by the next", async () => {
  const { list, state } = listOf({ actions: new Error("EMFILE") });
  const source = await openCatalogue(list);
  expect((await refusal(source.load(["s3"]))).message).toBe("EMFILE");
  state.actions = [s3];
  expect((await source.load(["s3"])).actionsOf("s3").size).toBe(1);
});

test.each([
  ["a level that we do not know", [{ ...s3, accessLevel: "Permissions management, Read" }], /accessLevel.*Read/],
  ["a level of the prototype", [{ ...s3, accessLevel: "constructor" }], /accessLevel/],
  ["no level", [{ name: "X", description: "x" }], /accessLevel/],
  ["a name that is none", [{ ...s3, name: "Delete*" }], /name/],
  ["one action twice", [s3, { ...s3, name: "DELETEBUCKET" }], /twice/],
  ["no actions", [], /no actions/],
  ["something else", ["DeleteBucket"], /expected object/],
])("%s in the list is an error that says so", async (_, actions, why) => {
  const source = await openCatalogue(listOf({ actions }).list);
  const error = await refusal(source.load(["s3"]));
  expect(error.code).toBe("action_list_invalid");
  expect(error.message).toMatch(why);
  expect(error.message).toContain("s3");
});

test.each([[[]], [{}], [["s3", "../x"]], [["S3"]], [null]])("services %j are no list of services", async (services) => {
  const error = await refusal(openCatalogue({ ...listOf().list, services: async () => services }));
  expect(error.code).toBe("action_list_invalid");
});
