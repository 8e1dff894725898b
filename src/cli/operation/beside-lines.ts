// The end of a recovery beside the live data, line by line, from its one sentence (see the step `keep`). Pure.

const KEPT =
  /^.+ is in (?<place>.+), read-only, until (?<until>\S+Z); (?<differs>.+)\. Look into it: (?<look>.+)$/s;

/** Where the copy is, until when, what differs, what to type; undefined of any other sentence. */
export function besideLines(message: string): string[] | undefined {
  const found = KEPT.exec(message)?.groups;
  if (found === undefined) return undefined;
  const { place = '', until = '', differs = '', look = '' } = found;
  return [
    `  place   ${place}, read-only`,
    `  until   ${until}`,
    ...listed('differs', differs.split('; ')),
    ...listed('look   ', look.split(' · ')),
  ];
}

function listed(title: string, lines: readonly string[]): string[] {
  return lines.map((line, at) => `  ${at === 0 ? title : ' '.repeat(title.length)} ${line}`);
}
