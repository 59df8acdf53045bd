import { type Application, ArmError } from "./types.ts";

/** Subscription id -> names of resource groups. */
export type ResourceGroups = Map<string, Set<string>>;

export interface Account {
  readonly groups: ResourceGroups;
  /** Gives another application a role in a subscription. */
  readonly assign: (clientId: string, subscription: string) => void;
}
export interface ArmCall {
  /** `resourceGroups/list`, `resourceGroups/write` or `roleAssignments/write`. */
  readonly action: string;
  /** Runs as an application. @throws ArmError */
  readonly run: (application: Application, account: Account) => { readonly status: number; readonly body: unknown };
}

const versions: Readonly<Record<string, string>> = { resourceGroups: "2021-04-01", roleAssignments: "2022-04-01" };

/**
 * A corner of Azure Resource Manager: resource groups of a subscription, listed and made, and role assignments. What the
 * application may do is decided by its own role assignments alone: a token has nothing to say about it.
 */
export function armCall(method: string, url: URL, body: string): ArmCall | undefined {
  const [, subscription, groups, group, assignments] =
    /^\/subscriptions\/([0-9a-f-]{36})\/(?:(resourcegroups)(?:\/([\w.()-]{1,90}))?|providers\/Microsoft\.Authorization\/(roleAssignments)\/[\w-]{36})$/i.exec(
      url.pathname,
    ) ?? [];
  if (subscription === undefined) return undefined;
  const kind = groups === undefined ? "roleAssignments" : "resourceGroups";
  const list = method === "GET" && groups !== undefined && group === undefined;
  if (!list && !(method === "PUT" && (group !== undefined || assignments !== undefined))) return undefined;
  const action = `${kind}/${list ? "list" : "write"}`;
  return {
    action,
    run(application, account) {
      if (url.searchParams.get("api-version") !== versions[kind])
        throw new ArmError(400, "InvalidApiVersionParameter", `Known here is ${versions[kind]}.`);
      if (!application.subscriptions.includes(subscription))
        throw new ArmError(
          403,
          "AuthorizationFailed",
          `The client '${application.clientId}' does not have authorization to perform action '${action}' over scope '/subscriptions/${subscription}'.`,
        );
      if (kind === "roleAssignments") {
        const { properties } = JSON.parse(body) as { properties: { principalId: string } };
        account.assign(properties.principalId, subscription);
        return { status: 201, body: { properties } };
      }
      const held = account.groups.get(subscription) ?? new Set<string>();
      account.groups.set(subscription, held);
      const shown = (name: string) => ({ id: `/subscriptions/${subscription}/resourceGroups/${name}`, name });
      if (group === undefined) return { status: 200, body: { value: [...held].map(shown) } };
      const status = held.has(group) ? 200 : 201;
      held.add(group);
      return { status, body: shown(group) };
    },
  };
}
