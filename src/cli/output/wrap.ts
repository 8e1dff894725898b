// Lines that are wider than a terminal, wrapped between words. Pure. Commands stay whole: the terminal wraps them itself, and
// they can still be copied.

/** A command to paste, up to where its sentence goes on. */
const COMMAND =
  /(?:(?:npx|pnpm exec|yarn|bunx) )?\bfairlead [a-z]+(?: (?:'[^']*'|[^\s"'`(),;]+))*/g;
/** Narrower than this, indented words are no easier to read. */
const NARROWEST = 40;

/** `text` with its lines wrapped at `columns`, what follows indented further than its line; as it is where the width is not known. */
export function wrapped(text: string, columns: number | undefined): string {
  if (columns === undefined || columns < NARROWEST) return text;
  return text
    .split('\n')
    .flatMap((line) => wrappedLine(line, columns))
    .join('\n');
}

function wrappedLine(line: string, columns: number): string[] {
  const indent = /^ */.exec(line)?.[0].length ?? 0;
  const hang = ' '.repeat(Math.min(indent + 4, 16));
  const rows: string[] = [];
  let rest = line;
  while (rest.length > columns) {
    const from = rows.length === 0 ? indent : hang.length;
    const at = breakIn(rest, from, columns);
    if (at === undefined) break;
    rows.push(rest.slice(0, at).trimEnd());
    rest = `${hang}${rest.slice(at).trimStart()}`;
  }
  return [...rows, rest];
}

/** Where the line is best broken: at the last space that fits and is in no command, else at the first one after that. */
function breakIn(line: string, from: number, columns: number): number | undefined {
  const commands = [...line.matchAll(COMMAND)].map(({ index, 0: { length } }) => {
    return { index, end: index + length };
  });
  const spaces = [...line.matchAll(/\S (?=\S)|\S {2,}(?=\S)/g)]
    .map(({ index }) => index + 1)
    .filter((at) => at > from && !commands.some(({ index, end }) => at > index && at < end));
  return spaces.findLast((at) => at <= columns) ?? spaces[0];
}
