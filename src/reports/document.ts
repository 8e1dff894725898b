// What a report says, apart from how it is shown: sections made of a few kinds of blocks. The section files beside this
// one make them from a report; html.ts shows them as a page, markdown.ts as text.
import type { Spread } from '../domain/analysis/comparison.ts';
import type { TimeScale } from './time-scale.ts';
import { toneOf, type Tone } from './wording.ts';

/** A line of words; strings and numbers are shown as they are. */
export type Words = string | number | Word | readonly Words[];

export type Word =
  | { as: 'strong' | 'small' | 'code'; text: string }
  | { as: 'badge'; text: string; tone: Tone }
  /** ISO 8601. `alone` where no heading says that it is UTC. */
  | { as: 'time'; at: string; alone: boolean }
  | { as: 'spread'; spread: Spread };

export interface Fact {
  name: string;
  value: Words;
}

export interface Table {
  kind: 'table';
  /** What the table shows; a text says it only of folded ones. */
  caption: string;
  /** The words above it say the same as its caption, which is then only read aloud. */
  titled?: boolean;
  columns: readonly string[];
  /** A row that matters stands open when a page folds a long table. */
  rows: readonly { cells: readonly Words[]; matters: boolean }[];
}

/** An entry of a chart's key: classes of the little square, and its words. */
export interface Swatch {
  look: string;
  words: Words;
}

/** A shape of a chart, placed in percent of its width and height: it fills its place on a phone as on paper. */
export interface Shape {
  tag: 'rect' | 'line' | 'circle' | 'text';
  look?: string;
  at: Partial<Record<Coordinate, number>>;
  /** The letters of a `text`; of another shape, what is told when one points at it. */
  words?: string;
}

type Coordinate = 'x' | 'y' | 'width' | 'height' | 'x1' | 'x2' | 'y1' | 'y2' | 'cx' | 'cy';

export interface Label {
  percent: number;
  label: string;
}

export interface Chart {
  kind: 'chart';
  /** Unique on the page. */
  id: string;
  title: string;
  /** The chart in a sentence, for those who do not see it. */
  description: string;
  height: 'tall' | 'low';
  /** Labels of the axis upwards and of the axis along the bottom. */
  levels: readonly Label[];
  ticks: readonly Label[];
  /** Parts of the time axis that are drawn shorter than they were. */
  shortened: TimeScale['shortened'];
  groups: readonly { look: string; shapes: readonly Shape[] }[];
}

export type BarLook = 'work' | 'bad' | 'warn' | 'wait';

/** Steps as bars over time. */
export interface Timeline {
  kind: 'timeline';
  caption: string;
  ticks: readonly Label[];
  rows: readonly {
    name: string;
    /** How it stands; said aloud where it did not simply end well. */
    state?: string;
    title?: string;
    waiting?: true;
    bars: readonly { look: BarLook; from: number; to: number }[];
    took: string;
  }[];
}

export type Block =
  | { kind: 'paragraph'; words: Words; quiet?: true }
  | { kind: 'list'; lines: readonly string[] }
  /** As a terminal shows it. */
  | { kind: 'printed'; text: string }
  | { kind: 'facts'; facts: readonly Fact[] }
  | Table
  | Figure
  | Folded;

/** A chart with the table of its numbers; the renderer for text shows only the table. */
export interface Figure {
  kind: 'figure';
  title: string;
  chart: Chart | Timeline;
  swatches: readonly Swatch[];
  note?: string;
  table?: Folded;
}

/** A table that stands whole behind its summary; the text shows it as it is. */
export interface Folded {
  kind: 'folded';
  summary: string;
  /** Stands open on a page: something in it matters. */
  open?: boolean;
  table: Table;
}

export interface Section {
  /** Anchor of the page. */
  id: string;
  title: string;
  textTitle: string;
  blocks: readonly Block[];
}

/** A table with one row for each of `all`; each column says what its cell shows. */
export function tableOf<T>(
  caption: string,
  all: readonly T[],
  columns: Record<string, (one: T) => Words>,
  matters: (one: T) => boolean = () => false,
): Table {
  const cells = Object.values(columns);
  const rows = all.map((one) => ({
    cells: cells.map((cell) => cell(one)),
    matters: matters(one),
  }));
  return { kind: 'table', caption, columns: Object.keys(columns), rows };
}

export function badge(text: string, tone: Tone = toneOf(text)): Word {
  return { as: 'badge', text, tone };
}

export const code = (text: string): Word => ({ as: 'code', text });
export const strong = (text: string): Word => ({ as: 'strong', text });
export const small = (text: string): Word => ({ as: 'small', text });
export const timeIn = (at: string): Word => ({ as: 'time', at, alone: false });

/** Without tables and lists that are empty. */
export function shown(blocks: readonly Block[]): Block[] {
  return blocks.filter((block) => {
    if (block.kind === 'table') return block.rows.length > 0;
    return block.kind !== 'list' || block.lines.length > 0;
  });
}
