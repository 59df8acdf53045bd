import { RetryLater } from "../base/errors.ts";
import type { InstallationFacts, Reading, TargetRepoFacts } from "../doctor/index.ts";
import type { Caller, Client } from "./client.ts";
import { installationAnswer, repositoryAnswer, subjectAnswer } from "./doctor-answers.ts";
import { attempt, unreadable } from "./doctor-attempt.ts";
import type { DoctorReader } from "./doctor-facts.ts";
import { NotVisible } from "./errors.ts";

type Where = Pick<DoctorReader, "host" | "webUrl" | "app">;

/** The App itself: it sees its own installation, and where it is installed, with its own signature. */
export function appReader(client: Client, where: Where): DoctorReader {
  return {
    ...where,
    reader: "app",
    installation: ({ fullName }) =>
      attempt("the App to be installed", async () => {
        const id = await client.installation(fullName);
        const { data } = await client.asApp(
          (app) => app.request("GET /app/installations/{installation_id}", { installation_id: id }),
          "installation",
        );
        return installationAnswer.parse(data);
      }),
    async target(fullName): Promise<TargetRepoFacts> {
      const installed = await attempt("GitHub to answer", async () => {
        try {
          await client.installation(fullName);
          return true;
        } catch (error) {
          if (error instanceof NotVisible) return false;
          throw error;
        }
      });
      const notAsked = unreadable("It decides nothing here, so it is not asked at start.", "`countersign doctor`");
      return { fullName, owner: notAsked, installed, subject: notAsked };
    },
  };
}

/** A person: of Apps, GitHub tells owners of the organization alone. */
export function personReader(caller: Caller, where: Where): DoctorReader {
  return {
    ...where,
    reader: "person",
    async installation({ fullName, owner, organization }): Promise<Reading<InstallationFacts | null>> {
      const { app } = where;
      if (app === null) return unreadable("which App is ours is not known.", "say which App is ours");
      if (!organization)
        return unreadable(
          "GitHub shows it to the App alone.",
          `the server's log at start, or ${where.webUrl}/settings/installations`,
        );
      const needs = `a token of an owner of ${owner} (scope admin:org; fine-grained: organization Administration: read)`;
      return attempt(needs, () =>
        caller.call({ fullName }, "read", "installations", async (o) => {
          const rows = await o.paginate(o.rest.orgs.listAppInstallations, { org: owner, per_page: 100 });
          // Owners are shown all of them: ours is there, or is not installed.
          return rows.map((row) => installationAnswer.parse(row)).find((row) => row.appId === app.id) ?? null;
        }),
      );
    },
    async target(fullName, installation): Promise<TargetRepoFacts> {
      const owner = await attempt("a token that may see the repository", () =>
        caller.call(
          { fullName },
          "read",
          "repository",
          async (o, name) => repositoryAnswer.parse((await o.rest.repos.get(name)).data).owner.id,
        ),
      );
      const subject = await attempt("a token that may read the repository's Actions", () =>
        caller.call({ fullName }, "target-read", "OIDC subject", async (o, name) =>
          subjectAnswer.parse((await o.rest.actions.getCustomOidcSubClaimForRepo(name)).data),
        ),
      );
      return { fullName, owner, installed: installedOn(owner, installation, where.webUrl), subject };
    },
  };
}

function installedOn(
  owner: Reading<number>,
  installation: Reading<InstallationFacts | null>,
  webUrl: string,
): Reading<boolean> {
  if (owner.kind === "unreadable") return owner;
  if (installation.kind === "read" && installation.value === null) return { kind: "read", value: false };
  if (installation.kind === "read" && installation.value?.allRepositories && !installation.value.suspended)
    return { kind: "read", value: true };
  const where =
    installation.kind === "read"
      ? `the App's page (${webUrl}, Settings, GitHub Apps, Configure) lists its repositories`
      : "the App's page of its installation lists its repositories";
  return unreadable(
    "GitHub tells people only whether the App has all repositories.",
    `the server's log at start says it, and ${where}`,
  );
}

/** Id and slug of an App that somebody names by either. A private App shows to members of its owner. */
export async function findApp(
  caller: Caller,
  fullName: string,
  named: string,
): Promise<{ readonly id: number; readonly slug: string | null } | null> {
  if (/^[1-9][0-9]{0,14}$/.test(named)) return { id: Number(named), slug: null };
  try {
    return await caller.call({ fullName }, "read", "app", async (o) => {
      const { data } = await o.rest.apps.getBySlug({ app_slug: named });
      if (!data) throw new RetryLater("github_answer", "GitHub answered without an App.");
      return { id: data.id, slug: data.slug ?? named };
    });
  } catch (error) {
    if (error instanceof NotVisible) return null;
    throw error;
  }
}
