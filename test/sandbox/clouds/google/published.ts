/**
 * Members and types of the messages, from Google's discovery documents `sts:v1` and `iamcredentials:v1`
 * (https://sts.googleapis.com/$discovery/rest?version=v1, https://iamcredentials.googleapis.com/$discovery/rest?version=v1), as
 * npm's @googleapis/sts 14.0.0 and @googleapis/iamcredentials 10.0.2 have them. STS takes them as a form, in snake_case.
 */
const messages = {
  ExchangeTokenRequest: {
    audience: "string",
    grant_type: "string",
    options: "string",
    requested_token_type: "string",
    scope: "string",
    subject_token: "string",
    subject_token_type: "string",
  },
  ExchangeTokenResponse: {
    access_boundary_session_key: "string",
    access_token: "string",
    expires_in: "integer",
    issued_token_type: "string",
    token_type: "string",
  },
  Options: { accessBoundary: "object", userProject: "string" },
  AccessBoundary: { accessBoundaryRules: "array" },
  AccessBoundaryRule: { availabilityCondition: "object", availablePermissions: "strings", availableResource: "string" },
  GenerateAccessTokenRequest: { delegates: "strings", lifetime: "string", scope: "strings" },
  GenerateAccessTokenResponse: { accessToken: "string", expireTime: "string" },
} as const;

type Type = "string" | "integer" | "object" | "array" | "strings";
export type Message = keyof typeof messages;

const fits: Readonly<Record<Type, (value: unknown) => boolean>> = {
  string: (value) => typeof value === "string",
  integer: (value) => Number.isInteger(value) && Math.abs(Number(value)) < 2 ** 31,
  object: (value) => typeof value === "object" && value !== null && !Array.isArray(value),
  array: (value) => Array.isArray(value),
  strings: (value) => Array.isArray(value) && value.every((one) => typeof one === "string"),
};

/** What does not fit Google's description of a message; undefined where all does. */
export function misfit(message: Message, value: unknown): string | undefined {
  if (!fits.object(value)) return `${message} is no object`;
  const types: Readonly<Record<string, Type>> = messages[message];
  for (const [name, member] of Object.entries(value as object)) {
    const type = Object.hasOwn(types, name) ? types[name] : undefined;
    if (type === undefined) return `Unknown name "${name}" in ${message}`;
    if (!fits[type](member)) return `${name} of ${message} is no ${type}`;
  }
  return undefined;
}
