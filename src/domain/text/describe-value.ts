// A value in words, for every message that says what was sent instead of what is allowed.
// It is quoted whole or not at all: of a secret that was cut, the redactor would not know the rest.
const LONGEST = 80;

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
  if (text === '') return 'an empty text';
  return text.length > LONGEST ? `a text of ${text.length} characters` : `"${oneLine(text)}"`;
}

function describeObject(value: object): string {
  if ('$undecodable' in value) return 'something that could not be decoded';
  const fields = Object.keys(value);
  if (fields.length === 0) return 'an empty object';
  const names = fields.join(', ');
  return names.length > LONGEST
    ? `an object with ${fields.length} ${fields.length === 1 ? 'field' : 'fields'}`
    : `an object with ${oneLine(names)}`;
}

function oneLine(text: string): string {
  // Control characters would break the line, or a terminal.
  return text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, ' ');
}
