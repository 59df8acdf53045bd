// What YAML reads as this very text wherever a scalar may stand, in block and in flow style alike. Numbers, dates and booleans
// need no quotes here: readYaml keeps every scalar as text. `null` and `~` do, and what begins with an indicator.
const plain = /^[A-Za-z0-9_./][A-Za-z0-9_./@+=-]*(?::+[A-Za-z0-9_./@+=-]+)*$/;

/**
 * A scalar as it is written into a file of the access repo: plain where that is safe, else in double quotes. JSON's escapes
 * are a subset of YAML's (YAML 1.2.2 section 1.3).
 */
export const yamlText = (text: string): string =>
  plain.test(text) && !/^(?:null|~)$/i.test(text) ? text : JSON.stringify(text);
