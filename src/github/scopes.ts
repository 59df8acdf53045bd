/**
 * The six fixed scopes of installation tokens (DESIGN.md section 4, Least power over GitHub). A token is narrowed to one
 * repository and one of these; app.yml asks for their union. Nothing else may be asked for.
 */
export const scopes = {
  read: { contents: "read", pull_requests: "read", members: "read", metadata: "read" },
  "target-read": { contents: "read", actions: "read", metadata: "read" },
  review: { checks: "write", pull_requests: "write", issues: "write", members: "read", metadata: "read" },
  merge: { contents: "write", pull_requests: "write", metadata: "read" },
  ledger: { contents: "write", metadata: "read" },
  dispatch: { actions: "write", metadata: "read" },
} as const;
export type Scope = keyof typeof scopes;
