/** What a reader of Terraform's language sees: words, numbers, signs, and strings by their value. */
export type Token = { readonly kind: "word" | "number" | "sign" | "string"; readonly text: string };

const escapes: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t", '"': '"', "\\": "\\" };

/** Tokens after hclsyntax/spec.md, as far as we write it. Throws at a template, an unclosed string, and brackets that do not pair. */
export function readHcl(source: string): Token[] {
  const tokens: Token[] = [];
  const open: string[] = [];
  let i = 0;
  while (i < source.length) {
    const rest = source.slice(i);
    const skip = /^(?:\s+|#[^\n]*)/.exec(rest)?.[0];
    if (skip !== undefined) {
      i += skip.length;
      continue;
    }
    if (rest.startsWith('"')) {
      const [text, length] = readString(rest);
      tokens.push({ kind: "string", text });
      i += length;
      continue;
    }
    const word = /^(?:[A-Za-z_][A-Za-z0-9_-]*|[0-9]+)/.exec(rest)?.[0];
    const text = word ?? rest.charAt(0);
    if (word === undefined && !"={}[](),.".includes(text)) throw new Error(`unexpected ${JSON.stringify(text)}`);
    if ("{[(".includes(text)) open.push(text);
    if (["{}", "[]", "()"].some((pair) => pair[1] === text && open.pop() !== pair[0])) throw new Error("brackets");
    tokens.push({ kind: word === undefined ? "sign" : /^[0-9]/.test(word) ? "number" : "word", text });
    i += text.length;
  }
  if (open.length > 0) throw new Error("brackets");
  return tokens;
}

function readString(source: string): [value: string, length: number] {
  let value = "";
  for (let i = 1; i < source.length; i++) {
    const c = source.charAt(i);
    if (c === '"') return [value, i + 1];
    if (c === "\n") break;
    if ((c === "$" || c === "%") && source.charAt(i + 1) === "{") throw new Error("a template");
    if (c !== "\\") {
      value += c;
      continue;
    }
    const kind = source.charAt(++i);
    const digits = kind === "u" ? 4 : kind === "U" ? 8 : 0;
    const plain = escapes[kind];
    if (digits > 0) {
      value += String.fromCodePoint(Number.parseInt(source.slice(i + 1, i + 1 + digits), 16));
      i += digits;
    } else if (plain === undefined) throw new Error("an unknown escape");
    else value += plain;
  }
  throw new Error("an unclosed string");
}

/** The values of all strings. */
export const stringsOf = (source: string): readonly string[] =>
  readHcl(source).flatMap(({ kind, text }) => (kind === "string" ? [text] : []));
