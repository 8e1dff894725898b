// Small pieces of the sentences about mistakes: a value as it is shown, a list of what is known.

/** One line, bounded, never `[object Object]`. */
export function shown(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);
    case 'number':
    case 'boolean':
      return String(value);
    case 'object':
      return value === null ? 'nothing' : shownShape(value);
    default:
      return 'nothing';
  }
}

function shownShape(value: object): string {
  const size = Object.keys(value).length === 0 ? 'an empty' : 'a';
  return `${size} ${Array.isArray(value) ? 'list' : 'map'}`;
}

export function listed(names: readonly string[]): string {
  return names.length === 0 ? 'none' : names.join(', ');
}
