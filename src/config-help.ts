export const logLevels = ["trace", "debug", "info", "warn", "error", "fatal", "silent"] as const;

/** How to get each value. Shown beside a problem, and the source of the table in the docs. */
export const cures: Readonly<Record<string, string>> = {
  APP_ID: "Copy the App ID (a number) from the settings page of the GitHub App.",
  PRIVATE_KEY:
    'On the settings page of the GitHub App choose "Generate a private key"; give the .pem file\'s text, its base64, or its path in PRIVATE_KEY_PATH.',
  WEBHOOK_SECRET: "Run `openssl rand -hex 32`; set the result here and on the settings page of the GitHub App.",
  WEBHOOK_SECRET_OLD: "The secret that was in use before WEBHOOK_SECRET; unset it when GitHub uses the new one.",
  GHE_HOST: "The host name of GitHub Enterprise, such as github.acme.example or acme.ghe.com; unset for github.com.",
  GHE_PROTOCOL: "Unset it, or write https.",
  LOG_LEVEL: `One of ${logLevels.join(", ")}.`,
  PORT: "A port such as 3000; 0 takes a free one.",
  TRUSTED_PROXIES:
    "Addresses or CIDR ranges of your TLS proxies, with commas; unset it where nothing else reaches this server.",
  PUBLIC_URL:
    "The address under which GitHub and your jobs reach this server, such as https://countersign.acme.example.",
  ISSUER_URL: "The address that clouds trust as OIDC issuer; unset it to use PUBLIC_URL.",
  ACCESS_REPOS: "Run `countersign enroll <owner>/<name>` for each access repo; it prints the form owner/name#id.",
  GITHUB_OIDC_ISSUER:
    "Unset it, unless your enterprise has an issuer of its own: https://token.actions.githubusercontent.com/<slug>.",
  BROKER_APP_ID:
    "The App ID of a second GitHub App that is installed on no access repo; unset both BROKER_ variables to do without `github` targets.",
  BROKER_PRIVATE_KEY:
    "A private key of the second GitHub App; unset both BROKER_ variables to do without `github` targets.",
  DATABASE_URL: "postgres://user:password@host:5432/database; unset it to keep an embedded database in DATA_DIR.",
  SEALING_KEY: "Run `openssl rand -base64 32`; keep a copy where the database's backup is not.",
  SEALING_KEY_OLD: "The key that was in use before SEALING_KEY.",
  COUNTERSIGN_FROZEN: "all, or a comma separated list of target:<name>, requester:<login>, approver:<login>.",
};
