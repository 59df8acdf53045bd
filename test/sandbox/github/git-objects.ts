const ZERO = "0".repeat(40);

export interface Signature {
  readonly name: string;
  readonly email: string;
  readonly date: Date;
}
export interface Commit {
  readonly oid: string;
  readonly tree: string;
  readonly parents: readonly string[];
  readonly author: Signature;
  readonly committer: Signature;
  readonly message: string;
}
export interface TreeEntry {
  readonly mode: string;
  readonly type: "blob" | "tree" | "commit";
  readonly oid: string;
  readonly name: string;
}
export interface GitObject {
  readonly oid: string;
  readonly type: string;
  readonly content: Buffer;
}
function parsePerson(line: string): Signature {
  const m = /^(.*) ?<([^>]*)> (-?\d+) [+-]\d{4}$/.exec(line);
  if (!m) return { name: line, email: "", date: new Date(0) };
  return { name: (m[1] ?? "").trim(), email: m[2] ?? "", date: new Date(Number(m[3]) * 1000) };
}

export function parseCommit(o: GitObject): Commit {
  const text = o.content.toString("utf8");
  const split = text.indexOf("\n\n");
  const head = split < 0 ? text : text.slice(0, split);
  const field = (name: string) =>
    head
      .split("\n")
      .filter((l) => l.startsWith(`${name} `))
      .map((l) => l.slice(name.length + 1));
  return {
    oid: o.oid,
    tree: field("tree")[0] ?? ZERO,
    parents: field("parent"),
    author: parsePerson(field("author")[0] ?? ""),
    committer: parsePerson(field("committer")[0] ?? ""),
    message: split < 0 ? "" : text.slice(split + 2).replace(/\n$/, ""),
  };
}

export function parseTree(content: Buffer): TreeEntry[] {
  const entries: TreeEntry[] = [];
  let i = 0;
  while (i < content.length) {
    const space = content.indexOf(32, i);
    const nul = content.indexOf(0, space);
    const mode = content.toString("utf8", i, space).padStart(6, "0");
    entries.push({
      mode,
      name: content.toString("utf8", space + 1, nul),
      oid: content.toString("hex", nul + 1, nul + 21),
      type: mode === "040000" ? "tree" : mode === "160000" ? "commit" : "blob",
    });
    i = nul + 21;
  }
  return entries;
}
