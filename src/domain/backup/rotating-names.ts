// Names that rotate: a file for each day, a partition for each month, a counter, of which the oldest go as new ones come.
// That the oldest of them is gone is how it should be, and no loss.

/** Numbers in a name, or what is different each time: a UUID, a hash. */
const VARYING =
  /[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|(?=[a-f]*\d)(?=\d*[a-f])[0-9a-f]{8,}|\d+/gi;
/** Digits of a date: 20261128, 2026-11, 2026w45. */
const DATE_DIGITS = 6;
const YEAR = /^(19|20)\d\d$/;

/** A name as what stays, and what varies in it. */
interface Split {
  stem: string;
  varying: string[];
}

/** Whether the part of this name may be gone since the backup before. */
export function rotatedOut(
  lost: string,
  before: readonly string[],
  now: readonly string[],
): boolean {
  const { stem, varying } = splitName(lost);
  if (varying.length === 0) return false;
  const had = new Set(before);
  const family = now
    .map((name) => ({ name, ...splitName(name) }))
    .filter((one) => one.stem === stem);
  // Those that have most of the numbers in common: of one tenant, of one year.
  for (let common = varying.length - 1; common >= 0; common -= 1) {
    const near = family.filter((one) => sameStart(one.varying, varying, common));
    if (near.length === 0) continue;
    if (varying.some((token) => !/^\d+$/.test(token))) return isAsMany(stem, before, near);
    const isDated =
      varying.slice(common).join('').length >= DATE_DIGITS || YEAR.test(varying[0] ?? '');
    const goesOn = near.some(({ name }) => !had.has(name));
    return (isDated || goesOn) && near.every((one) => isOlder(varying, one.varying));
  }
  return false;
}

function splitName(name: string): Split {
  return { stem: name.replaceAll(VARYING, '#'), varying: name.match(VARYING) ?? [] };
}

function sameStart(one: readonly string[], other: readonly string[], length: number): boolean {
  return other.slice(0, length).every((token, at) => one[at] === token);
}

/** New names each time say nothing of their order; half of them is a loss. */
function isAsMany(stem: string, before: readonly string[], near: readonly unknown[]): boolean {
  return near.length * 2 > before.filter((name) => splitName(name).stem === stem).length;
}

/** Number by number; a date that ends with its year is read from behind. */
function isOlder(one: readonly string[], other: readonly string[]): boolean {
  const [a, b] = [inOrder(one), inOrder(other)];
  const at = a.findIndex((token, index) => Number(token) !== Number(b[index]));
  return at !== -1 && Number(a[at]) < Number(b[at]);
}

function inOrder(tokens: readonly string[]): readonly string[] {
  return YEAR.test(tokens.at(-1) ?? '') && !YEAR.test(tokens[0] ?? '')
    ? tokens.toReversed()
    : tokens;
}
