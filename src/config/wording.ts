// Small pieces of the sentences about mistakes: a value as it is shown, a list of what is known, the
// known name that a misspelt one was probably meant to be.

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

/** ` (did you mean replicas?)`, or nothing when no known name is near. */
export function didYouMean(written: string, known: readonly string[]): string {
  if (written.length > 64) return '';
  const near = known
    .map((name) => ({ name, distance: distance(written.toLowerCase(), name.toLowerCase()) }))
    .filter(
      ({ name, distance }) => distance <= Math.max(1, Math.min(3, Math.floor(name.length / 3))),
    )
    .sort((a, b) => a.distance - b.distance)[0];
  return near === undefined || near.name === written ? '' : ` (did you mean ${near.name}?)`;
}

/** Insertions, deletions and replacements that lead from `a` to `b`. */
function distance(a: string, b: string): number {
  let above = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (const [row, letter] of Array.from(a).entries()) {
    const line = [row + 1];
    for (let column = 1; column <= b.length; column += 1) {
      const replaced = at(above, column - 1) + (letter === b[column - 1] ? 0 : 1);
      line.push(Math.min(at(above, column) + 1, at(line, column - 1) + 1, replaced));
    }
    above = line;
  }
  return at(above, b.length);
}

function at(line: number[], column: number): number {
  return line[column] ?? 0;
}
