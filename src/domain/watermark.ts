// The business watermark: what a query of a copy says of when the last thing happened that the business knows of.

const TIME =
  /^(\d{4}-\d{2}-\d{2})(?:[ T](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)\s?(Z|[+-]\d{2}(?::?\d{2})?)?)?$/;

/** ISO 8601 of a time as databases print it; without a zone it is taken as UTC. Undefined for what is no time. */
export function watermarkTime(value: string): string | undefined {
  const found = TIME.exec(value.trim());
  if (found === null) return undefined;
  const [, day = '', time = '00:00', zone = 'Z'] = found;
  const at = Date.parse(`${day}T${time}${zoneOf(zone)}`);
  return Number.isNaN(at) ? undefined : new Date(at).toISOString();
}

/** `+00`, `+0530` and `+05:30` are all written by somebody. */
function zoneOf(zone: string): string {
  if (zone === 'Z') return zone;
  const digits = zone.slice(1).replace(':', '').padEnd(4, '0');
  return `${zone.slice(0, 1)}${digits.slice(0, 2)}:${digits.slice(2)}`;
}
