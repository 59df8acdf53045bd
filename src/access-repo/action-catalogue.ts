/** AWS's own classes of actions, as its Service Authorization Reference has them. */
export type AccessLevel = "List" | "Read" | "Write" | "Tagging" | "Permissions management";

/** One action of AWS: `{ service: "s3", name: "DeleteBucket", level: "Write", description: "Grants permission to delete …" }`. */
export interface IamAction {
  /** Prefix, lower case. */
  readonly service: string;
  /** As AWS spells it. */
  readonly name: string;
  readonly level: AccessLevel;
  /** AWS's sentence, as published: text of others, to be clipped and escaped where it is shown. */
  readonly description: string;
}

/**
 * What AWS's list of actions says, for the services that were loaded. It explains and checks what people write before a
 * merge; it never decides about a grant that exists, since the list changes with each upgrade and an upgrade ends no grant.
 */
export interface ActionCatalogue {
  /** Every service prefix that AWS has, lower case. */
  readonly services: ReadonlySet<string>;
  /**
   * The actions of one service, by lower-case name; empty for an unknown service.
   * @throws RangeError for a service that was not loaded: a programming error.
   */
  actionsOf(service: string): ReadonlyMap<string, IamAction>;
}
