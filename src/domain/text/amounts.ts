// Sizes and counts in sentences.

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'] as const;

/** `60.8 kB` of bytes; `850 B`. */
export function sizeOf(bytes: number): string {
  let [value, unit] = [bytes, 0];
  // What would be rounded to 1000.0 is 1.0 of the next unit.
  while (value >= 999.95 && unit < UNITS.length - 1) [value, unit] = [value / 1000, unit + 1];
  return `${unit === 0 ? value : value.toFixed(1)} ${UNITS[unit] ?? ''}`;
}

/** `1 part`, `1,381 rows`: `thing` is one of them. */
export function countOf(count: number, thing: string): string {
  return `${numberOf(count)} ${thing}${count === 1 ? '' : 's'}`;
}

/** `1,381`. */
export function numberOf(count: number): string {
  return String(count).replace(/\B(?=(?:\d{3})+$)/g, ',');
}
