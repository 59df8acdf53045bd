import { load } from "js-yaml";

/** What a workflow file says about being started by hand. */
export interface WorkflowDispatch {
  readonly inputs: ReadonlyMap<
    string,
    { readonly required: boolean; readonly hasDefault: boolean; readonly options: readonly string[] | null }
  >;
}
export type WorkflowText =
  | { readonly kind: "dispatch"; readonly dispatch: WorkflowDispatch }
  | { readonly kind: "no_dispatch" }
  | { readonly kind: "unreadable" };

/**
 * Reads `on.workflow_dispatch` of a workflow file as GitHub would. Aliases are allowed, as GitHub allows them since 2025, but
 * bounded: the file is the target repository's, written by people whom the access repo does not know.
 */
export function readWorkflow(text: string): WorkflowText {
  let document: unknown;
  try {
    document = load(text, { maxAliases: 100, maxDepth: 50 });
  } catch {
    return { kind: "unreadable" };
  }
  if (!isRecord(document)) return { kind: "unreadable" };
  const on = document.on;
  if (on === "workflow_dispatch" || (Array.isArray(on) && on.includes("workflow_dispatch"))) {
    return { kind: "dispatch", dispatch: { inputs: new Map() } };
  }
  if (!isRecord(on) || !Object.hasOwn(on, "workflow_dispatch")) return { kind: "no_dispatch" };
  const dispatch = on.workflow_dispatch;
  const inputs = isRecord(dispatch) && isRecord(dispatch.inputs) ? dispatch.inputs : {};
  return {
    kind: "dispatch",
    dispatch: {
      inputs: new Map(
        Object.entries(inputs).map(([name, declared]) => {
          const input = isRecord(declared) ? declared : {};
          const options = input.type === "choice" && Array.isArray(input.options) ? input.options.map(String) : null;
          return [name, { required: input.required === true, hasDefault: input.default !== undefined, options }];
        }),
      ),
    },
  };
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
