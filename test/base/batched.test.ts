import { describe, expect, it } from "vitest";
import { type BatchOptions, batched, type Outcome, outcomeOf } from "../../src/base/batched.ts";

class Bad extends Error {}

/** Batches that run when the test says so. */
function world(over: Partial<BatchOptions<string, string>> = {}) {
  const batches: (readonly string[])[] = [];
  const gates: (() => void)[] = [];
  const run = async (items: readonly string[]): Promise<readonly Outcome<string>[]> => {
    batches.push(items);
    await new Promise<void>((resolve) => gates.push(resolve));
    return items.map((item) => ({ ok: true, value: item.toUpperCase() }));
  };
  const call = batched<string, string>({ run, most: 3, lanes: 1, ...over });
  const begun = () => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
  return { batches, call, begun, open: () => gates.shift()?.() };
}

describe("batched", () => {
  it("goes alone where one comes alone, and takes those that come meanwhile in the next batch, in their order", async () => {
    const { batches, call, begun, open } = world();
    const first = call("a");
    await begun();
    const more = ["b", "c", "d", "e"].map(call);
    await begun();
    expect(batches).toEqual([["a"]]);
    open();
    expect(await first).toBe("A");
    await begun();
    expect(batches).toEqual([["a"], ["b", "c", "d"]]);
    open();
    await begun();
    expect(batches).toEqual([["a"], ["b", "c", "d"], ["e"]]);
    open();
    expect(await Promise.all(more)).toEqual(["B", "C", "D", "E"]);
    const again = call("f");
    await begun();
    open();
    expect(await again).toBe("F");
  });

  it("runs as many batches at once as it has lanes", async () => {
    const { batches, call, begun, open } = world({ lanes: 2, most: 1 });
    const all = ["a", "b", "c"].map(call);
    await begun();
    expect(batches).toEqual([["a"], ["b"]]);
    open();
    await begun();
    expect(batches).toEqual([["a"], ["b"], ["c"]]);
    open();
    open();
    await Promise.all(all);
  });

  it("keeps items of one name apart, over lanes too, and none overtakes another of its name", async () => {
    const { batches, call, begun, open } = world({ lanes: 2, apart: (item) => item.slice(0, 1) });
    const all = ["a1", "b1", "a2", "a3"].map(call);
    await begun();
    expect(batches).toEqual([["a1", "b1"]]);
    open();
    await begun();
    open();
    await begun();
    open();
    expect(await Promise.all(all)).toEqual(["A1", "B1", "A2", "A3"]);
    expect(batches).toEqual([["a1", "b1"], ["a2"], ["a3"]]);
  });

  it("gives each item its own outcome", async () => {
    const call = batched<string, string>({
      run: async (items) =>
        items.map((item) =>
          outcomeOf(() => {
            if (item === "bad") throw new Bad("no");
            return item;
          }),
        ),
      most: 10,
      lanes: 1,
    });
    const settled = await Promise.allSettled([call("a"), call("bad"), call("b")]);
    expect(settled.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
  });

  const failing = (alone?: (error: unknown) => boolean) => {
    const batches: (readonly string[])[] = [];
    const call = batched<string, string>({
      run: async (items) => {
        batches.push(items);
        if (items.includes("bad")) throw new Bad("no");
        return items.map((item) => ({ ok: true, value: item }));
      },
      most: 10,
      lanes: 1,
      ...(alone && { alone }),
    });
    return { call, batches };
  };

  it("a bad one among good ones fails alone where it may have been its doing", async () => {
    const { call, batches } = failing((error) => error instanceof Bad);
    const settled = await Promise.allSettled(["a", "bad", "b"].map(call));
    expect(settled).toMatchObject([
      { status: "fulfilled", value: "a" },
      { status: "rejected", reason: new Bad("no") },
      { status: "fulfilled", value: "b" },
    ]);
    expect(batches).toEqual([["a", "bad", "b"], ["a"], ["bad"], ["b"]]);
  });

  it("what is nobody's doing fails everybody, and is tried once", async () => {
    for (const { call, batches } of [failing(), failing(() => false)]) {
      const settled = await Promise.allSettled(["a", "bad", "b"].map(call));
      expect(settled.map(({ status }) => status)).toEqual(["rejected", "rejected", "rejected"]);
      expect(batches).toHaveLength(1);
      expect(await call("c")).toBe("c");
    }
  });

  it("an item that a batch forgets is an error, never a success", async () => {
    const call = batched<string, string>({ run: async () => [], most: 10, lanes: 1 });
    await expect(call("a")).rejects.toThrow("no outcome");
  });
});
