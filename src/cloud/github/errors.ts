import { CountersignError, RetryLater } from "../../base/errors.ts";
import { TokenRefused } from "../../github/index.ts";
import { CloudError, UpstreamFailure } from "../errors.ts";

const setUp = "of the App for github targets (BROKER_APP_ID)";

/** Our error for one of GitHub. The message holds the cure and what the plan says, never GitHub's text (C44). */
export function githubTokenError(error: unknown): CloudError {
  if (error instanceof CloudError) return error;
  const name = error instanceof CountersignError ? error.code : error instanceof Error ? error.name : "Error";
  // The code says it all; a message of Octokit's may quote what was sent.
  const cause = new UpstreamFailure(name, name);
  const make = (code: CloudError["code"], message: string): CloudError => new CloudError(code, message, { cause });
  if (error instanceof RetryLater) return make("cloud_unavailable", "GitHub does not answer now. Try again.");
  if (!(error instanceof TokenRefused)) return make("cloud_unavailable", "GitHub gave no token. Try again.");
  switch (error.refusal) {
    case "not_installed":
      return make(
        "cloud_denied",
        `The App for github targets is not installed on the owner of these repositories: install the App ${setUp} there, on the ` +
          "repositories that targets name and on no access repo.",
      );
    case "suspended":
      return make(
        "cloud_denied",
        `The installation ${setUp} is suspended: an owner of the organization can unsuspend it.`,
      );
    case "permission":
      return make(
        "cloud_denied",
        `The installation ${setUp} does not hold ${error.missing.join(", ")}: give the App that permission on its settings page, and ` +
          "have an owner of the organization accept it.",
      );
    case "repository":
      return make(
        "cloud_denied",
        `One of the repositories is not in the installation ${setUp}: add it there, or ask again where it was deleted or transferred.`,
      );
    case "credentials":
      return make(
        "cloud_misconfigured",
        "GitHub does not take the signature of the App for github targets: compare BROKER_APP_ID with BROKER_PRIVATE_KEY, and the server's clock.",
      );
    case "refused":
      return make("cloud_denied", "GitHub refused the token. The operator's log has the reason.");
  }
}
