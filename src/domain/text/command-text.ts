// Commands of the command line as text that can be pasted into a shell.

/** `fairlead status 'my deploy'`: every word as a shell reads it back. The command line says how it was started itself. */
export function commandText(...words: string[]): string {
  return ['fairlead', ...words.map(shellWord)].join(' ');
}

/** A word as it is where no shell gives its characters a meaning, else in single quotes. */
export function shellWord(word: string): string {
  if (/^[A-Za-z0-9_@%+=:,./-][A-Za-z0-9_@%+=:,./#~-]*$/.test(word)) return word;
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
