// Where words go: results on stdout, progress and errors on stderr. Text from outside cannot steer the
// terminal: control characters are left out.

import { coloured, hasColour } from './colour.ts';
import { wrapped } from './wrap.ts';
import { asTyped, typingOf, type Typing } from './as-started.ts';

let printedJson = false;

export function printJson(value: unknown): void {
  printedJson = true;
  process.stdout.write(`${JSON.stringify(value, null, process.stdout.isTTY ? 2 : 0)}\n`);
}

/**
 * A failure as the one object that --json prints, unless a result was printed already. `hint`: the command that the message names.
 */
export function printFailure(message: string, exitCode: number): void {
  if (printedJson) return;
  const [, hint] = /"((?:[a-z]+ ){0,2}fairlead [^"]+)"/.exec(message) ?? [];
  printJson({
    schema: 'fairlead/error/v1',
    error: message.replace(/^error: /, ''),
    exitCode,
    ...(hint !== undefined && { hint }),
  });
}

export function printText(text: string): void {
  process.stdout.write(`${shownOn(process.stdout, text)}\n`);
}

/** A document, or what another program said: printed as it is. */
export function printAsItIs(text: string): void {
  process.stdout.write(`${clean(text)}\n`);
}

export function progress(text: string): void {
  process.stderr.write(`${shownOn(process.stderr, text)}\n`);
}

/** As it can be pasted; on a terminal wrapped between words, with colours where it has them. */
export function shownOn(stream: NodeJS.WriteStream, text: string): string {
  return painted(stream, fitted(stream, shown(text)));
}

/** `text` wrapped at the edge of the window; as it is where no terminal is. */
export function fitted({ isTTY, columns }: NodeJS.WriteStream, text: string): string {
  return wrapped(text, isTTY ? columns : undefined);
}

/** `text` as it is, with colours where the stream has them. */
export function painted(stream: NodeJS.WriteStream, text: string): string {
  return hasColour(stream, process.env) ? coloured(text) : text;
}

let typing: Typing | undefined;

/** Columns of a window of `width` (80 where none is known) that are left for text whose commands get longer when it is shown. */
export function widthOfShown(width = 80): number {
  typing ??= typingOf(process.argv, process.env);
  return width - (typing.program.length - 'fairlead'.length);
}

/** Without control characters, and with commands as whoever reads them can paste them. */
export function shown(text: string): string {
  typing ??= typingOf(process.argv, process.env);
  return asTyped(clean(text), typing);
}

/** Without control characters but the new line. */
export function clean(text: string): string {
  return text.replace(/[^\P{Cc}\n]|[\u202a-\u202e\u2066-\u2069]/gu, '');
}

/** Columns padded to the widest cell, two spaces between them. */
export function columns(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [index, cell] of row.entries()) {
      widths[index] = Math.max(widths[index] ?? 0, cell.length);
    }
  }
  return rows.map((row) =>
    row
      .map((cell, index) => cell.padEnd(widths[index] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
