import { describe, expect, it } from "vitest";
import { canonicalJson, type Json } from "../../src/base/canonical-json.ts";

describe("canonical JSON", () => {
  it("has one spelling: members in order, no white space", () => {
    expect(canonicalJson({ b: [1, null, true], a: { d: "é\n", c: -1 } })).toBe(
      '{"a":{"c":-1,"d":"é\\n"},"b":[1,null,true]}',
    );
    expect(canonicalJson(Object.assign(Object.create(null), { a: 1 }) as Json)).toBe('{"a":1}');
  });

  it.each<[string, unknown]>([
    ["a Date", new Date(0)],
    ["a Map", new Map([["a", 1]])],
    ["an instance", new URL("https://example.org")],
    ["inherited members", Object.create({ a: 1 })],
    ["undefined", { a: undefined }],
    ["a function", { a: () => 1 }],
    ["a float", 0.5],
    ["minus zero", -0],
    ["a lone surrogate", "\ud800"],
  ])("never drops or changes what it is given: %s", (_, value) => {
    expect(() => canonicalJson({ value } as Json)).toThrow(TypeError);
  });
});
