import { EVENT_ID, type Event, getScalarValue, parseEvents, SCALAR_STYLE, YAMLException } from "js-yaml";
import { fileStart, finding, findings, quote } from "./diagnostics.ts";
import { type Place, placeIn, positionsOf } from "./positions.ts";
import type { Diagnostic, Locate } from "./types.ts";
import { yamlTrouble } from "./yaml-trouble.ts";

/** Text, lists and mappings only: without numbers, an account id keeps its leading zeros and `no` stays `no`. */
type YamlValue = string | YamlValue[] | { [key: string]: YamlValue };

/** Undefined value where nothing could be built. Errors may stand beside a value, so that more can be found. */
export interface ReadYaml {
  readonly value: YamlValue | undefined;
  readonly at: Locate;
  readonly diagnostics: readonly Diagnostic[];
}

// An escape above U+10FFFF, which the library decodes to some other character instead of refusing it.
const beyondUnicode = /(?:^|[^\\])(?:\\\\)*\\U(?!00(?:0[0-9A-Fa-f]|10))/;
const maxBytes = 64 * 1024;
const maxDepth = 12;
// Control (C0 but tab and line ends, DEL, C1), format (bidi, zero width, BOM, tags), surrogate and private characters,
// line separators, fillers that draw nothing, and U+FFFD, which a lossy decoder leaves (CHECKLIST C12, C13).
const hidden = /[^\P{Cc}\t\r\n]|\r(?!\n)|[\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}\u115f\u1160\u3164\uffa0\ufffd]/gu;
const noPlace: Locate = () => fileStart;

/**
 * Reads one strict YAML document (DESIGN.md section 3): at most 64 KiB, no anchors, aliases, merge keys, tags, directives,
 * duplicate keys or hidden characters; every scalar is text. Never throws; finds as much as it can.
 */
export function readYaml(text: string | undefined, file: string): ReadYaml {
  if (text === undefined) {
    return failed(finding("CS1001", file, fileStart, "This file is not readable text."));
  }
  // Before the byte count: the length alone already tells, and costs nothing.
  if (text.length > maxBytes || new TextEncoder().encode(text).length > maxBytes) {
    return failed(finding("CS1002", file, fileStart, "This file is larger than 64 KiB."));
  }
  const positions = positionsOf(text);
  const found: Diagnostic[] = [];
  for (const match of text.matchAll(hidden)) {
    if (found.length === 20) break;
    const code = (match[0].codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
    found.push(finding("CS1003", file, positions.span(match.index, match.index + 1), `Hidden character U+${code}.`));
  }
  // What is hidden may change how the rest reads, so nothing else is said about such a file.
  if (found.length > 0) return { value: undefined, at: noPlace, diagnostics: found };
  let events: Event[];
  try {
    events = parseEvents(text, { filename: file, maxDepth });
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error;
    const offset = Math.min(error.mark?.position ?? 0, text.length);
    const { message, hint } = yamlTrouble(error.reason, text, offset);
    return failed(finding("CS1004", file, positions.span(offset, offset + 1), message, { hint }));
  }
  try {
    return build(text, file, events, positions);
  } catch (error) {
    // The decoder of scalars throws for escapes that name no character, such as "\UFFFFFFFF".
    if (!(error instanceof YAMLException) && !(error instanceof RangeError)) throw error;
    return failed(finding("CS1004", file, fileStart, "Not YAML: a value cannot be decoded."));
  }

  function failed(diagnostic: Diagnostic): ReadYaml {
    return { value: undefined, at: noPlace, diagnostics: [diagnostic] };
  }
}

type Scalar = Extract<Event, { type: typeof EVENT_ID.SCALAR }>;

/** Quotes are part of what stands there: whoever replaces a value replaces them as well. */
const quotes = (e: Scalar): number =>
  e.style === SCALAR_STYLE.DOUBLE_QUOTED || e.style === SCALAR_STYLE.SINGLE_QUOTED ? 1 : 0;

const isBlock = (e: Scalar): boolean => e.style === SCALAR_STYLE.FOLDED_BLOCK || e.style === SCALAR_STYLE.LITERAL_BLOCK;

function beginning(e: Event, otherwise: number): number {
  if (e.type === EVENT_ID.SCALAR && e.valueStart >= 0) return e.valueStart - quotes(e);
  return e.type === EVENT_ID.MAPPING || e.type === EVENT_ID.SEQUENCE ? e.start : otherwise;
}

function build(
  text: string,
  file: string,
  events: readonly Event[],
  positions: ReturnType<typeof positionsOf>,
): ReadYaml {
  const found = findings();
  /** What was said where: ten thousand empty keys are all at one place. */
  const said = new Set<string>();
  let next = 0;
  const report = (code: Parameters<typeof finding>[0], from: number, to: number, message: string, hint?: string) => {
    const what = `${code} ${from}`;
    if (found.full() || said.has(what)) return;
    said.add(what);
    found.add(finding(code, file, positions.span(from, to), message, { hint }));
  };

  const documents = events.filter((e) => e.type === EVENT_ID.DOCUMENT);
  /** At its `---`; without one, at the `...` that ended the first. */
  const secondDocument = () => {
    const marks = [...text.matchAll(/^---(?=\s|$)/gm)];
    const mark = marks[documents[0]?.explicitStart === true ? 1 : 0] ?? /^\.\.\.(?=\s|$)/m.exec(text);
    return positions.span(mark?.index ?? 0, (mark?.index ?? 0) + 3);
  };
  if (documents.length !== 1) {
    const [second, message] =
      documents.length === 0 ? [fileStart, "This file is empty."] : [secondDocument(), "Another document starts here."];
    return { value: undefined, at: noPlace, diagnostics: [finding("CS1005", file, second, message)] };
  }
  if (documents[0]?.directives.length) report("CS1006", 0, 1, "A directive (%) is not accepted.", "Delete the line.");

  const scalar = (e: Scalar, from: number): string => {
    const block = isBlock(e);
    // `reason: >` ends in a line break by YAML's rules; nobody means it.
    const value = block ? getScalarValue(text, e).replace(/\n$/, "") : getScalarValue(text, e);
    // An escape in double quotes can spell what the text itself may not hold.
    const odd = e.style === SCALAR_STYLE.DOUBLE_QUOTED && beyondUnicode.test(text.slice(e.valueStart, e.valueEnd));
    if (odd || /[\n\t\r]/.test(value) || value.search(hidden) >= 0) {
      const message = "This value holds a control or hidden character.";
      report("CS1003", from, e.valueEnd + quotes(e), message, "Write one line of plain text.");
    }
    return value;
  };
  /** What is not there is shown at its key. */
  const reportEmpty = (e: Scalar, from: number, place: Place, key: string | undefined): void => {
    const at = place.key !== undefined && e.valueStart < 0 ? place.key : { from, to: e.valueEnd };
    report("CS1015", at.from, at.to, key === undefined ? "There is no value here." : `${quote(key)} has no value.`);
  };

  /** @param key under which it stands; undefined in a list, and for what is not kept */
  const node = (place: Place, keyAt: number, key?: string): YamlValue => {
    const e = events[next++];
    if (e === undefined || e.type === EVENT_ID.POP || e.type === EVENT_ID.DOCUMENT) return "";
    if (e.type === EVENT_ID.ALIAS) {
      report("CS1006", e.anchorStart - 1, e.anchorEnd, "An alias (*) is not accepted.");
      return "";
    }
    if (e.anchorStart >= 0) report("CS1006", e.anchorStart - 1, e.anchorEnd, "An anchor (&) is not accepted.");
    if (e.tagStart >= 0)
      report("CS1006", e.tagStart, e.tagEnd, "A tag (!) is not accepted.", "Write the value without it.");
    if (e.type === EVENT_ID.SCALAR) {
      const from = beginning(e, keyAt);
      const absent = e.valueStart < 0;
      place.value = { from, to: absent ? from + 1 : e.valueEnd + quotes(e), partial: absent || isBlock(e) };
      const value = scalar(e, from);
      if (e.style === SCALAR_STYLE.PLAIN && /^(?:|~|null|Null|NULL)$/.test(value)) reportEmpty(e, from, place, key);
      return value;
    }
    // A list or mapping is best shown at its key; one without a key, where it starts.
    if (place.key === undefined) place.value = { from: e.start, to: e.start + 1, partial: true };
    if (e.type === EVENT_ID.SEQUENCE) {
      const list: YamlValue[] = [];
      while (next < events.length && events[next]?.type !== EVENT_ID.POP)
        list.push(node(placeIn(place, list.length), e.start));
      next++;
      return list;
    }
    // No prototype: a lookup of "constructor" finds nothing (CHECKLIST C14).
    const record: { [key: string]: YamlValue } = Object.create(null);
    while (next < events.length && events[next]?.type !== EVENT_ID.POP) {
      const k = events[next];
      const from = k === undefined ? e.start : beginning(k, e.start);
      const name = node({}, from);
      if (typeof name !== "string") {
        report("CS1006", from, from + 1, "A key must be plain text.");
        node({}, from);
        continue;
      }
      const to = k?.type === EVENT_ID.SCALAR ? k.valueEnd + quotes(k) : from + 1;
      if (name === "<<") report("CS1006", from, to, "A merge key (<<) is not accepted.");
      else if (name === "__proto__") report("CS1014", from, to, "This key name is reserved.");
      else if (Object.hasOwn(record, name)) report("CS1008", from, to, `The key ${quote(name)} stands here twice.`);
      else {
        const below = placeIn(place, name);
        below.key = { from, to };
        record[name] = node(below, from, name);
        continue;
      }
      node({}, from);
    }
    next++;
    return record;
  };

  next = 1;
  const root: Place = {};
  const value = node(root, 0);
  return { value, at: positions.locate(root), diagnostics: found.all };
}
