import { blockName, distinct, isAsked, pages, rolesOf, sorted, type Trusted } from "./common.ts";
import { gcpCli } from "./gcp-cli.ts";
import { attributeCondition, type Grantee, type Provider } from "./gcp-model.ts";
import { gcpTerraform } from "./gcp-terraform.ts";
import { problem, type Setup, type SetupInput } from "./types.ts";

/** Workload identity pool, provider, and who may use what through it (CLOUDS.md section 2). */
export function setupGcp(input: SetupInput): Setup {
  const all = rolesOf(input, "gcp");
  const asked = all.filter((role) => isAsked(input, role));
  const kept = all.filter((role) => !(input.remove && isAsked(input, role)));
  const names = distinct(asked.map(({ role }) => role.workload_identity_provider));
  const providers = names.map((name) => providerOf(name, kept));
  const grantees = asked.map((role) => granteeOf(role));
  const known = providers.filter((each) => each !== undefined);
  const able = grantees.filter((each) => each !== undefined);
  if (known.length < providers.length || able.length < grantees.length || known.length === 0)
    return problem(
      "A workload_identity_provider is not projects/<number>/locations/global/workloadIdentityPools/…/providers/….",
    );
  const pieces = input.format === "terraform" ? gcpTerraform(input, known, able) : gcpCli(input, known, able);
  return { ok: true, text: pages(input, "the trust of Google Cloud", pieces), warnings: warnings(input, known) };
}

const form =
  /^projects\/([1-9][0-9]{0,18})\/locations\/global\/workloadIdentityPools\/([a-z0-9-]{4,32})\/providers\/([a-z0-9-]{4,32})$/;

function providerOf(name: string, kept: readonly Trusted<"gcp">[]): Provider | undefined {
  const [, project, pool, provider] = form.exec(name) ?? [];
  if (!project || !pool || !provider) return undefined;
  const prefix = name.slice(0, name.lastIndexOf("/") + 1);
  const mine = kept.filter(({ role }) => role.workload_identity_provider === name);
  return {
    project,
    pool,
    provider,
    subjects: sorted(mine.map(({ subject }) => subject)),
    poolStays: kept.some(({ role }) => role.workload_identity_provider.startsWith(prefix)),
  };
}

function granteeOf(role: Trusted<"gcp">): Grantee | undefined {
  const [, project, pool] = form.exec(role.role.workload_identity_provider) ?? [];
  if (!project || !pool) return undefined;
  const principal = `principal://iam.googleapis.com/projects/${project}/locations/global/workloadIdentityPools/${pool}/subject/${role.subject}`;
  return { role, principal, block: blockName(role.target, role.name) };
}

const warnings = (input: SetupInput, providers: readonly Provider[]): string[] => [
  ...(input.issuerUrl.startsWith("http://") ? ["Google takes no issuer with http: this is for the sandbox only."] : []),
  ...providers.flatMap(({ provider, subjects }) => [
    ...(subjects.length > 0 && attributeCondition(subjects).includes("startsWith")
      ? [
          `Provider ${provider} serves more subjects than a condition can list: it admits all gcp roles of the access repo.`,
        ]
      : []),
    ...(input.remove && subjects.length > 0
      ? [`Provider ${provider} stays, for the other roles of this access repo that use it.`]
      : []),
  ]),
];
