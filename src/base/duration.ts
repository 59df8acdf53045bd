/** Whole seconds. Every duration inside the program is in seconds; files spell them `30m`, `4h`, `7d`. */
export type Seconds = number;

const unit = { m: 60, h: 3600, d: 86_400 } as const;

/** `30m`, `4h`, `7d`, and `0m`: one whole number, one unit, at most 366 days. Undefined for anything else. */
export function parseDuration(text: string): Seconds | undefined {
  const match = /^(0|[1-9][0-9]{0,5})([mhd])$/.exec(text);
  if (!match) return undefined;
  const seconds = Number(match[1]) * unit[match[2] as keyof typeof unit];
  return seconds <= 366 * unit.d ? seconds : undefined;
}

/** The shortest exact spelling: 3600 -> `1h`, 5400 -> `90m`, 86400 -> `1d`, and 45 -> `45s` for messages. */
export function formatDuration(seconds: Seconds): string {
  if (seconds === 0) return "0m";
  for (const [name, size] of [
    ["d", unit.d],
    ["h", unit.h],
    ["m", unit.m],
  ] as const) {
    if (seconds % size === 0) return `${seconds / size}${name}`;
  }
  return `${seconds}s`;
}

/** UTC, whole seconds, as GitHub and the files spell it: `2026-11-24T09:00:00Z`. */
export const formatInstant = (date: Date): string => `${date.toISOString().slice(0, 19)}Z`;
