// A value in words, for every message that says what was sent instead of what is allowed.
const LONGEST = 80;
/** Longer texts are cleaned only as far as they are shown. */
const MUCH = 1000;

/** A value in words, for messages to people: short, on one line, never `undefined` or `[object Object]`. */
export function describeValue(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (typeof value === 'string') return describeText(value);
  if (Array.isArray(value))
    return value.length === 0 ? 'an empty list' : `a list of ${value.length}`;
  if (typeof value === 'object') return describeObject(value);
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return `a ${typeof value}`;
}

function describeText(text: string): string {
  return text === '' ? 'an empty text' : `"${shorten(oneLine(text))}"`;
}

function describeObject(value: object): string {
  if ('$undecodable' in value) return 'something that could not be decoded';
  const keys = Object.keys(value);
  return keys.length === 0
    ? 'an empty object'
    : `an object with ${shorten(oneLine(keys.join(', ')))}`;
}

function oneLine(text: string): string {
  if (text.length > MUCH) return `${oneLine(text.slice(0, LONGEST))}${text.slice(LONGEST)}`;
  // Control characters would break the line, or a terminal.
  return text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, ' ');
}

function shorten(text: string): string {
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}… (${text.length} characters)` : text;
}
