/** An element; `undefined` children are left out, arrays repeat their element. */
export type Xml = string | undefined | readonly Xml[] | { readonly [element: string]: Xml };

const escape = (text: string) => text.replace(/[&<>"\p{Cc}]/gu, (c) => `&#${c.codePointAt(0)};`);

export function xml(node: Xml): string {
  if (node === undefined) return "";
  if (typeof node === "string") return escape(node);
  if (Array.isArray(node)) return node.map(xml).join("");
  return Object.entries(node)
    .flatMap(([name, value]) =>
      Array.isArray(value) ? value.map((one) => [name, one] as const) : [[name, value] as const],
    )
    .map(([name, value]) => (value === undefined ? "" : `<${name}>${xml(value)}</${name.split(" ")[0]}>`))
    .join("");
}
