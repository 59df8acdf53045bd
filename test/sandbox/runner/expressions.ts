/** What an expression may look up: nested records of strings, by lower-cased or literal name. */
export interface Contexts {
  readonly [name: string]: string | Contexts | undefined;
}

/**
 * The part of GitHub's expression language that our workflows use: `a.b.c`, `'literal'`, `==`, `!=`, `&&`, `||`, `!`.
 * Anything else throws, so that a test cannot pass because something was silently empty.
 */
export function interpolate(text: string, contexts: Contexts): string {
  return text.replace(/\$\{\{(.*?)\}\}/gs, (_, expression: string) => evaluate(expression, contexts));
}

/** GitHub's truth: the empty string and `false` are false. */
export const isTrue = (value: string): boolean => value !== "" && value !== "false";

export function evaluate(expression: string, contexts: Contexts): string {
  const tokens = expression.match(/'(?:[^']|'')*'|[A-Za-z_][\w.-]*(?:\(\))?|==|!=|&&|\|\||[!()]|\S/g) ?? [];
  let at = 0;
  const take = (token: string) => (tokens[at] === token ? ++at > 0 : false);
  const or = (): string => {
    let left = and();
    while (take("||")) {
      const right = and();
      left = isTrue(left) ? left : right;
    }
    return left;
  };
  const and = (): string => {
    let left = comparison();
    while (take("&&")) {
      const right = comparison();
      left = isTrue(left) ? right : left;
    }
    return left;
  };
  const comparison = (): string => {
    const left = unary();
    // GitHub compares strings without case.
    if (take("==")) return String(left.toLowerCase() === unary().toLowerCase());
    if (take("!=")) return String(left.toLowerCase() !== unary().toLowerCase());
    return left;
  };
  const unary = (): string => {
    if (take("!")) return String(!isTrue(unary()));
    if (take("(")) {
      const inner = or();
      if (!take(")")) throw unknown(expression);
      return inner;
    }
    const token = tokens[at++];
    if (token === undefined) throw unknown(expression);
    if (token.startsWith("'")) return token.slice(1, -1).replaceAll("''", "'");
    if (token === "true" || token === "false") return token;
    if (!/^[A-Za-z_]/.test(token)) throw unknown(expression);
    return lookUp(token, contexts, expression);
  };
  const value = or();
  if (at !== tokens.length) throw unknown(expression);
  return value;
}

function lookUp(path: string, contexts: Contexts, expression: string): string {
  const [root = "", ...members] = path.split(".");
  if (!(root in contexts)) throw unknown(expression);
  let value: string | Contexts | undefined = contexts[root];
  for (const member of members) value = typeof value === "object" ? value[member] : undefined;
  if (typeof value === "object") throw unknown(expression);
  return value ?? "";
}

const unknown = (expression: string) => new Error(`expression not known to the test runner: ${expression.trim()}`);
