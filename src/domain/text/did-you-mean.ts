// The known name that a misspelt one was probably meant to be.
import { describeValue } from './describe-value.ts';

/** That an object has no field of this name, and which it may have: a sentence that goes on after the object's name. */
export function noSuchField(field: string, known: readonly string[]): string {
  return `has no field ${describeValue(field)}${didYouMean(field, known)}; it takes ${known.join(', ')}`;
}

/** ` (did you mean replicas?)`, or nothing when no known name is near. */
export function didYouMean(written: string, known: readonly string[]): string {
  const near = nearest(written, known);
  return near === undefined ? '' : ` (did you mean ${near}?)`;
}

/** The known name that is near a misspelt one; undefined for none, and for one that is known. */
export function nearest(written: string, known: readonly string[]): string | undefined {
  if (written.length > 64) return undefined;
  const near = known
    .map((name) => ({ name, distance: distance(written.toLowerCase(), name.toLowerCase()) }))
    .filter(({ name, distance }) => distance < name.length && distance <= allowed(name.length))
    .sort((a, b) => a.distance - b.distance)[0];
  return near?.name === written ? undefined : near?.name;
}

/** How many letters of a name may be wrong, by its length. */
function allowed(length: number): number {
  return Math.max(1, Math.min(3, Math.floor(length / 3)));
}

/** Insertions, deletions, replacements and neighbours that changed places, which lead from `a` to `b`. */
function distance(a: string, b: string): number {
  let before: number[] = [];
  let above = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (const [row, letter] of Array.from(a).entries()) {
    const line = [row + 1];
    for (let column = 1; column <= b.length; column += 1) {
      const replaced = at(above, column - 1) + (letter === b[column - 1] ? 0 : 1);
      const least = Math.min(at(above, column) + 1, at(line, column - 1) + 1, replaced);
      const swapped = letter === b[column - 2] && a[row - 1] === b[column - 1];
      line.push(swapped ? Math.min(least, at(before, column - 2) + 1) : least);
    }
    before = above;
    above = line;
  }
  return at(above, b.length);
}

function at(line: number[], column: number): number {
  return line[column] ?? 0;
}
