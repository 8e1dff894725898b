// Durations as an operator writes them (`3s`), read and written without a schema: the command line needs no more.

const UNITS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
export const WRITTEN = /^(\d{1,11}(?:\.\d{1,6})?)(ms|s|m|h|d)$/;
const LONGEST = 366 * UNITS.d;

export const DURATION = 'a duration with a unit, such as 250ms, 3s, 15m, 24h or 90d (at most 366d)';

/** Milliseconds, rounded; undefined for what is no duration or longer than 366 days. */
export function milliseconds(text: string): number | undefined {
  const [, amount, unit] = WRITTEN.exec(text) ?? [];
  if (amount === undefined || !isUnit(unit)) return undefined;
  const ms = Math.round(Number(amount) * UNITS[unit]);
  return ms <= LONGEST ? ms : undefined;
}

/** The shortest way to write it: `90m`, not `5400000ms`. */
export function durationText(ms: number): string {
  if (ms === 0) return '0s';
  const units = Object.entries(UNITS).reverse();
  const [unit, size] = units.find(([, size]) => ms >= size && ms % size === 0) ?? ['ms', 1];
  return `${ms / size}${unit}`;
}

function isUnit(text: string | undefined): text is keyof typeof UNITS {
  return text !== undefined && Object.hasOwn(UNITS, text);
}
