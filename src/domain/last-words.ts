// What a program said last, short enough for the middle of a sentence: of an uncaught error the message, not the stack.

const MOST_LINES = 3;
const LONGEST_LINE = 300;
/** So much may follow an error that belongs to it (its fields, its cause); after more it was not the last thing. */
const OF_ERROR = 12;

const STACK = /^at /;
const NOISE = /^(at |Node\.js v\d|[\^~{}[\],;)]*$)/;

/** Empty for a program that printed nothing. */
export function lastWords(printed: string): string {
  const lines = printed.split('\n').map((line) => line.trim());
  const said = lines.flatMap((line, index) =>
    NOISE.test(line) ? [] : [{ line, isError: STACK.test(lines[index + 1] ?? '') }],
  );
  const end = said.slice(-OF_ERROR);
  // The first of them: a cause is printed below, with a stack of its own.
  const error = end.findIndex(({ isError }) => isError);
  const told = error < 0 ? end.slice(-MOST_LINES) : end.slice(error, error + MOST_LINES);
  return told.map(({ line }) => line.replace(/ \{$/, '').slice(0, LONGEST_LINE)).join('; ');
}
