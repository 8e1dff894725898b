// Names in double braces, `{{revision}}`, which are replaced when it is known what they stand for: in queries of
// analyses (query-template.ts), and in what a drill gives to services (copy-template.ts).

const PLACEHOLDER = /\{\{(.*?)\}\}/gs;
const MISPLACED = /\{\{|\}\}/;

/** The names between double braces in `text`, known or not. */
export function placeholdersIn(text: string): string[] {
  return [...text.matchAll(PLACEHOLDER)].map(([, inside = '']) => inside.trim());
}

/** The first braces that have no partner, `{{` or `}}`. */
export function misplacedIn(text: string): string | undefined {
  return MISPLACED.exec(text.replace(PLACEHOLDER, ''))?.[0];
}

/** `text` with the value of each placeholder in its place; a placeholder without a value stays as it is written. */
export function replaced(text: string, valueOf: (name: string) => string | undefined): string {
  return text.replace(PLACEHOLDER, (whole, inside: string) => valueOf(inside.trim()) ?? whole);
}
