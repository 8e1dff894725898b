// HTML that cannot be broken by what people or tools typed: every value that is put into a template is escaped,
// unless it came out of a template itself.
import { oneLine } from '../domain/text/markdown.ts';

const ENTITIES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

export type Part = Markup | string | number | readonly Part[];

export const NOTHING = new Markup('');

/** Attribute values have to be quoted in the template: an escaped value cannot leave its quotes. */
export function markup(strings: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  const rest = strings.slice(1).map((text, index) => shown(parts[index] ?? '') + text);
  return new Markup((strings[0] ?? '') + rest.join(''));
}

/** Only for constants of this folder, never for anything from a report. */
export function trusted(text: string): Markup {
  return new Markup(text);
}

function shown(part: Part): string {
  if (part instanceof Markup) return part.text;
  if (typeof part === 'string') return escaped(part);
  if (typeof part === 'number') return String(part);
  return part.map(shown).join('');
}

function escaped(text: string): string {
  return oneLine(text).replace(/[&<>"']/g, (sign) => ENTITIES[sign] ?? '');
}
