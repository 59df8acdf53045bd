import { describe, expect, it } from "vitest";
import { userId } from "../../src/base/ids.ts";
import { findOwn, marked } from "../../src/pull-request/index.ts";

const bot = { id: userId(7), login: "countersign", kind: "bot" } as const;
const mallory = { id: userId(8), login: "mallory", kind: "user" } as const;
const said = (author: typeof bot | typeof mallory | null, body: string) => ({ author, body });

describe("a marker", () => {
  it("finds again what our bot wrote, the newest of it", () => {
    const body = marked("Granted until noon.", "request", "4#2");
    const written = [said(bot, body), said(bot, `${body}\r\n`), said(bot, marked("x", "request", "4#22"))];
    expect(findOwn(written, bot, "request", "4#2")).toBe(written[1]);
  });

  it("copied by somebody else is not ours", () => {
    const body = marked("Granted until noon.", "request", "4#2");
    expect(findOwn([said(mallory, body), said(null, body)], bot, "request", "4#2")).toBeUndefined();
  });

  it("in the middle of what we quote is no marker", () => {
    const quoted = marked(`mallory wrote ${marked("", "request", "4#2")}`, "request", "4#3");
    expect(findOwn([said(bot, quoted)], bot, "request", "4#2")).toBeUndefined();
  });

  it("is made of our own names only", () => {
    expect(() => marked("x", "request", "a --> b")).toThrow(TypeError);
  });
});
