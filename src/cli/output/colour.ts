// Colour on a terminal only: what went well is green, what did not red, what waits for people yellow. Pure but for `hasColour`.

const CODES = { green: 32, red: 31, yellow: 33, cyan: 36 } as const;
type Colour = keyof typeof CODES;

/** What of a line gets which colour: the first that fits. The part in the first group is coloured. */
const RULES: readonly [RegExp, Colour][] = [
  [/^( *✔)/, 'green'],
  [/^( *✘.*)/, 'red'],
  [/^( *▸)/, 'cyan'],
  [/^( *(?:waits for|answer with|needs a person|left over:).*)/, 'yellow'],
  [/^( *fail .*)/, 'red'],
  [/^( *pass) /, 'green'],
  [/^( *inconclusive) /, 'yellow'],
  [/: (succeeded|nothingToDo|planned)\b/, 'green'],
  [/: (rolledBack|failed|interrupted|rejected|expired|aborted|preempted|refused)\b/, 'red'],
  [/ {2}(unhealthy|stopped): /, 'red'],
  [/ {2}(healthy): /, 'green'],
];

/** `text` with the colours of its lines. */
export function coloured(text: string): string {
  return text.split('\n').map(colouredLine).join('\n');
}

function colouredLine(line: string): string {
  for (const [pattern, colour] of RULES) {
    const found = pattern.exec(line);
    const part = found?.[1];
    if (found === null || part === undefined) continue;
    const at = found.index + found[0].indexOf(part);
    const painted = `\x1b[${CODES[colour]}m${part}\x1b[39m`;
    return `${line.slice(0, at)}${painted}${line.slice(at + part.length)}`;
  }
  return line;
}

/** NO_COLOR (set to anything) and a dumb terminal have none; FORCE_COLOR has it everywhere; else a terminal. */
export function hasColour(
  { isTTY }: { isTTY?: boolean | undefined },
  env: NodeJS.ProcessEnv,
): boolean {
  const force = env['FORCE_COLOR'];
  if ((env['NO_COLOR'] ?? '') !== '') return false;
  if (force !== undefined) return force !== '0' && force !== 'false';
  return isTTY === true && env['TERM'] !== 'dumb';
}
