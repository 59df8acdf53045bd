import type { CodeExample, FilesExample } from "./code-example.ts";
import { inFile, lines, paths } from "./code-example-texts.ts";
import type { CodesOf } from "./code-groups.ts";

const everything = "* @acme/platform";
const ownedFiles = ["/.github/", "/CODEOWNERS", "/docs/CODEOWNERS"].map((path) => `${path} @acme/platform`);
/** A second line below one that gives everything owners. */
const after = (wrong: string, right: string): FilesExample =>
  inFile(paths.codeowners, lines(everything, wrong), lines(everything, right));

/** CODEOWNERS. */
export const examplesCs3: Readonly<Record<CodesOf<"CS3">, CodeExample>> = {
  CS3001: {
    kind: "files",
    files: [],
    without: [paths.codeowners],
    mended: { files: [{ path: paths.codeowners, text: lines(everything) }] },
  },
  CS3002: after("/requests/aws-prod/change-{00001..75000}.yml @acme/platform", "/requests/aws-prod/ @acme/platform"),
  CS3003: after("«!/docs/» @acme/writers", "/docs/ @acme/writers"),
  CS3004: after("/requests/aws-prod/ «acme/sre»", "/requests/aws-prod/ @acme/sre"),
  CS3005: inFile(paths.codeowners, lines(...ownedFiles), lines(...ownedFiles, "/targets/ @acme/security")),
  CS3006: after("/requests/aws-prod/ @acme/sre «alice@acme.example»", "/requests/aws-prod/ @acme/sre @alice"),
  CS3007: {
    kind: "files",
    files: [{ path: "docs/CODEOWNERS", text: lines("* @acme/writers") }],
    mended: { without: ["docs/CODEOWNERS"] },
  },
  CS3008: after("«/requests/aws-**» @acme/sre", "/requests/aws-*/ @acme/sre"),
  CS3009: after("«./requests/aws-prod/» @acme/sre", "/requests/aws-prod/ @acme/sre"),
  CS3010: after("«/requests/aws-prod/»", "/requests/aws-prod/ @acme/sre"),
  CS3011: after("«@acme/security» @acme/sre", "/requests/aws-prod/ @acme/security @acme/sre"),
  CS3012: after("/requests/*-{0001..4000}-*.yml @acme/sre", "/requests/aws-prod/ @acme/sre"),
};
