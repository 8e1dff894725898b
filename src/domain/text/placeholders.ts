// Names in double braces, `{{revision}}`, which are replaced when it is known what they stand for: in queries of
// analyses (query-template.ts), and in what a drill gives to services (copy-template.ts).

const MISPLACED = /\{\{|\}\}/;

/** The texts between placeholders, and what is between the braces of each: one text more than placeholders. */
function partsOf(text: string): { texts: string[]; insides: string[] } {
  const [texts, insides]: [string[], string[]] = [[], []];
  let rest = 0;
  for (;;) {
    const open = text.indexOf('{{', rest);
    // Where nothing closes any more, nothing is looked for again: a text of many `{{` would be read as often as it has them.
    const close = open < 0 ? -1 : text.indexOf('}}', open + 2);
    if (close < 0) return { texts: [...texts, text.slice(rest)], insides };
    texts.push(text.slice(rest, open));
    insides.push(text.slice(open + 2, close));
    rest = close + 2;
  }
}

/** The names between double braces in `text`, known or not. */
export function placeholdersIn(text: string): string[] {
  return partsOf(text).insides.map((inside) => inside.trim());
}

/** The first braces that have no partner, `{{` or `}}`. */
export function misplacedIn(text: string): string | undefined {
  return MISPLACED.exec(partsOf(text).texts.join(''))?.[0];
}

/** `text` with the value of each placeholder in its place; a placeholder without a value stays as it is written. */
export function replaced(text: string, valueOf: (name: string) => string | undefined): string {
  const { texts, insides } = partsOf(text);
  const [first = '', ...after] = texts;
  const put = insides.map((inside) => valueOf(inside.trim()) ?? `{{${inside}}}`);
  return first + after.map((one, at) => `${put[at] ?? ''}${one}`).join('');
}
