// Tables of a page: a caption, headings, cells that stack on a phone, and long ones folded.
import { markup, NOTHING, trusted, type Markup, type Part } from './markup.ts';
import { counted, toneOf, type Tone } from './wording.ts';

export interface Table {
  caption: string;
  columns: readonly string[];
  rows: readonly (readonly Part[])[];
}

/** More rows than this are folded. */
export const MANY = 50;
const GLIMPSE = 10;

/** The first cell of a row names it. On a phone a short one stacks its cells, a long one scrolls. */
export function table({ caption, columns, rows }: Table): Markup {
  if (rows.length === 0) return NOTHING;
  const stacks = rows.length <= MANY;
  const cell = (part: Part, index: number): Markup => {
    if (index === 0) return markup`<th scope="row">${part}</th>`;
    if (!stacks) return markup`<td>${part}</td>`;
    const empty = isEmpty(part) ? trusted(' class="empty"') : NOTHING;
    return markup`<td${empty} data-c="${columns[index] ?? ''}">${part}</td>`;
  };
  const body = markup`<caption>${caption}</caption><thead><tr>${columns.map((one) => markup`<th scope="col">${one}</th>`)}</tr></thead><tbody>
${rows.map((row) => markup`<tr>${row.map(cell)}</tr>\n`)}</tbody>`;
  if (stacks) return markup`<table class="rows">${body}</table>`;
  return markup`<div class="scroll" role="region" aria-label="${caption}" tabindex="0"><table class="rows long">${body}</table></div>`;
}

/** Of a long one, the rows that matter stand open, and all of them in a fold. */
export function longTable(whole: Table, matters: (index: number) => boolean): Markup {
  const { rows, caption } = whole;
  if (rows.length <= MANY) return table(whole);
  const chosen = rows.filter((_, index) => matters(index));
  const open = chosen.length > 0 ? chosen.slice(0, MANY) : rows.slice(0, GLIMPSE);
  const which = chosen.length > 0 ? 'those that matter most' : 'the first';
  return markup`${table({ ...whole, rows: open, caption: `${caption}: ${which}, ${open.length} of ${rows.length}` })}
<details><summary>All ${counted(rows.length, 'row')}</summary>${table(whole)}</details>`;
}

function isEmpty(cell: Part): boolean {
  return cell === '' || cell === NOTHING;
}

export const SIGNS: Record<Tone, string> = {
  good: '✓',
  warn: '!',
  bad: '✕',
  info: '›',
  plain: '·',
};

/** A word with its sign, which the style puts before it: the colour is not the only carrier. */
export function badge(word: string, tone: Tone = toneOf(word)): Markup {
  return markup`<span class="badge ${tone}">${word}</span>`;
}

export function code(text: string): Markup {
  return text === '' ? NOTHING : markup`<code>${text}</code>`;
}
