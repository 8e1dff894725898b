// Blocks of a report as HTML: tables whose cells stack on a phone, long ones folded; lists, facts, figures, folds.
import {
  shown,
  type Block,
  type Fact,
  type Figure,
  type Folded,
  type Swatch,
  type Table,
  type Word,
  type Words,
} from './document.ts';
import { chart, timeline } from './html-charts.ts';
import { markup, NOTHING, trusted, type Markup } from './markup.ts';
import { clockTime, counted, MANY, number, type Tone } from './wording.ts';

/** Rows of a long table that stand open when none of them matters more than others. */
const GLIMPSE = 10;

export const SIGNS: Record<Tone, string> = {
  good: '✓',
  warn: '!',
  bad: '✕',
  info: '›',
  plain: '·',
};

export function blocks(all: readonly Block[]): Markup {
  return markup`${shown(all).map(block)}`;
}

function block(one: Block): Markup {
  switch (one.kind) {
    case 'paragraph':
      return one.quiet === true
        ? markup`<p class="quiet">${words(one.words)}</p>`
        : markup`<p>${words(one.words)}</p>`;
    case 'list':
      return list(one.lines);
    case 'printed':
      return markup`<pre>${one.text}</pre>`;
    case 'facts':
      return markup`<dl class="pairs">${facts(one.facts)}</dl>`;
    case 'table':
      return longTable(one);
    case 'figure':
      return figure(one);
    case 'folded':
      return folded(one);
  }
}

function folded({ summary, table: whole, open = false }: Folded): Markup {
  const titled = whole.titled === true || summary.startsWith(whole.caption);
  return markup`<details${trusted(open ? ' open' : '')}><summary>${summary}</summary>${table({ ...whole, titled })}</details>`;
}

function figure({ title, chart: drawn, swatches, note, table: rows }: Figure): Markup {
  const below = [
    note === undefined ? NOTHING : markup`<p class="quiet">${note}</p>`,
    rows === undefined ? NOTHING : folded(rows),
  ];
  if (drawn.kind === 'timeline') return markup`${timeline(drawn)}${key(swatches)}${below}`;
  return markup`<figure><figcaption><h3>${title}</h3>${key(swatches)}</figcaption>
<div class="chart">${chart(drawn)}</div>${below}</figure>`;
}

/** A long one is folded after the first. */
function list(lines: readonly string[]): Markup {
  const items = (some: readonly string[]): Markup =>
    markup`<ul class="lines">${some.map((one) => markup`<li>${one}</li>`)}</ul>`;
  const rest = lines.slice(MANY);
  if (rest.length === 0) return items(lines);
  return markup`${items(lines.slice(0, MANY))}<details><summary>${counted(rest.length, 'more line')}</summary>${items(rest)}</details>`;
}

export function facts(all: readonly Fact[]): Markup {
  return markup`${all.map(({ name, value }) => markup`<div><dt>${name}</dt><dd>${words(value)}</dd></div>`)}`;
}

function key(swatches: readonly Swatch[]): Markup {
  const square = ({ look }: Swatch): Markup =>
    look === '' ? NOTHING : markup`<i class="swatch ${look}"></i>`;
  return markup`<ul class="key">${swatches.map((one) => markup`<li>${square(one)}${words(one.words)}</li>`)}</ul>`;
}

/** A long table: the rows that matter stand open, and all of them in a fold. */
function longTable(whole: Table): Markup {
  const { rows, caption } = whole;
  if (rows.length <= MANY) return table(whole);
  const chosen = rows.filter(({ matters }) => matters);
  const open = chosen.length > 0 ? chosen.slice(0, MANY) : rows.slice(0, GLIMPSE);
  const which = chosen.length > 0 ? 'those that matter most' : 'the first';
  return markup`${table({ ...whole, rows: open, caption: `${caption}: ${which}, ${open.length} of ${rows.length}` })}
<details><summary>All ${counted(rows.length, 'row')}</summary>${table({ ...whole, titled: true })}</details>`;
}

/** The first cell of a row names it. On a phone a short table stacks its cells, a long one scrolls. */
function table({ caption, columns, rows, titled = false }: Table): Markup {
  const stacks = rows.length <= MANY;
  const breaks = columns.map((_, index) => (hasLongWords(rows, index) ? 'parted' : 'whole'));
  const cell = (one: Words, index: number): Markup => {
    const content = words(one);
    if (!stacks)
      return index === 0 ? markup`<th scope="row">${content}</th>` : markup`<td>${content}</td>`;
    if (index === 0) return markup`<th scope="row" class="${breaks[0] ?? ''}">${content}</th>`;
    const how = content.text === '' ? 'empty' : (breaks[index] ?? '');
    return markup`<td class="${how}" data-c="${columns[index] ?? ''}">${content}</td>`;
  };
  const look = trusted(titled ? ' class="unseen"' : '');
  const body = markup`<caption${look}>${caption}</caption><thead><tr>${columns.map((name) => markup`<th scope="col">${name}</th>`)}</tr></thead><tbody>
${rows.map(({ cells }) => markup`<tr>${cells.map(cell)}</tr>\n`)}</tbody>`;
  if (stacks) return markup`<table class="rows">${body}</table>`;
  return markup`<div class="scroll" role="region" aria-label="${caption}" tabindex="0"><table class="rows long">${body}</table></div>`;
}

/** Longer than words that people write: ids, digests, addresses. They are broken where the line ends. */
const LONG_WORD = 18;

function hasLongWords(rows: Table['rows'], index: number): boolean {
  return rows.some(({ cells }) =>
    words(cells[index] ?? '')
      .text.replaceAll(/<[^>]*>/g, ' ')
      .split(/[\s-]+/)
      .some((word) => word.length > LONG_WORD),
  );
}

export function words(some: Words): Markup {
  if (typeof some === 'string') return markup`${some}`;
  if (typeof some === 'number') return markup`${number(some)}`;
  if ('as' in some) return word(some);
  return markup`${some.map((one, index) => markup`${index === 0 ? '' : ' '}${words(one)}`)}`;
}

function word(one: Word): Markup {
  switch (one.as) {
    case 'strong':
      return markup`<b>${one.text}</b>`;
    case 'small':
      return markup`<small>${one.text}</small>`;
    case 'code':
      return one.text === '' ? NOTHING : markup`<code>${one.text}</code>`;
    // The style puts a sign before it: the colour is not the only carrier.
    case 'badge':
      return markup`<span class="badge ${one.tone}">${one.text}</span>`;
    case 'time':
      if (!one.alone) return markup`${clockTime(one.at)}`;
      return markup`<time datetime="${one.at}">${clockTime(one.at)}</time> <small>UTC</small>`;
    case 'spread': {
      const { count, quartiles } = one.spread;
      const [, lower, median, upper] = quartiles;
      if (lower === undefined || median === undefined || upper === undefined)
        return markup`no data`;
      return markup`${number(median)} (${number(lower)} to ${number(upper)}), ${counted(count, 'value')}`;
    }
  }
}
