// Texts of several lines, for what has one.

/** The lines of a text that say anything, without the white space around them. */
export function linesIn(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}
