/** A GraphQL error with GitHub's `type` member beside the message. */
export class TypedError extends Error {
  readonly type: string;
  constructor(type: string, message: string) {
    super(message);
    this.name = "TypedError";
    this.type = type;
  }
}

export interface Paged {
  readonly first?: number | null;
  readonly last?: number | null;
  readonly after?: string | null;
  readonly before?: string | null;
}

/** One connection: GitHub wants `first` or `last`, at most 100, and so do we. */
export function connection<T>(name: string, args: Paged, all: readonly T[]) {
  const { first, last } = args;
  if (typeof first !== "number" && typeof last !== "number")
    throw new TypedError(
      "MISSING_PAGINATION_BOUNDARIES",
      `You must provide a \`first\` or \`last\` value to properly paginate the \`${name}\` connection.`,
    );
  const size = first ?? last ?? 0;
  if (size > 100)
    throw new TypedError(
      "EXCESSIVE_PAGINATION",
      `Requesting ${size} records on the \`${name}\` connection exceeds the \`first\` limit of 100 records.`,
    );
  const cursor = (n: number) => Buffer.from(`cursor:v2:${n}`).toString("base64");
  const position = (c: string | null | undefined) =>
    c ? Number(Buffer.from(c, "base64").toString("utf8").split(":").at(-1)) : null;
  const low = (position(args.after) ?? -1) + 1;
  const high = position(args.before) ?? all.length;
  const start = typeof first === "number" ? low : Math.max(low, high - size);
  const end = typeof first === "number" ? Math.min(high, low + size) : high;
  const nodes = all.slice(start, end);
  return {
    totalCount: all.length,
    nodes,
    edges: nodes.map((node, i) => ({ node, cursor: cursor(start + i) })),
    pageInfo: {
      hasNextPage: end < all.length,
      hasPreviousPage: start > 0,
      startCursor: nodes.length > 0 ? cursor(start) : null,
      endCursor: nodes.length > 0 ? cursor(end - 1) : null,
    },
  };
}
