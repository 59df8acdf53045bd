import { expiration, type Kind, strange, temporaryFile, word } from "./handover.ts";

/** A token for a relying party of yours: an output, and a file where it was asked for. No tool reads it from a variable of ours. */
export const oidc: Kind = {
  owned: [],
  read(answer, { machine, inputs }) {
    const { body } = answer;
    if (body?.["issued_token_type"] !== "urn:ietf:params:oauth:token-type:jwt") throw strange("it holds no token");
    const token = word(body, "access_token");
    const ends = expiration(answer, machine);
    const audience = word(body, "oidc_audience");
    const path = inputs.tokenFile ? temporaryFile(machine) : undefined;
    return {
      variables: new Map(),
      files: path === undefined ? [] : [{ path, text: token }],
      outputs: new Map([
        ["token", token],
        ["token-expiration", ends],
        ["token-file", path ?? ""],
      ]),
      said: [`A token of ${inputs.target} for ${audience} is in the output \`token\` until ${ends}.`],
      warnings: [],
      rows: [
        ["Audience", audience],
        ["Token ends", ends],
      ],
    };
  },
};
