// Evidence as text, one JSON entry a line. A crash may leave half a line, and two writers the same entry twice:
// both are passed over as long as no entry is missing because of it. Any other line was not written by Fairlead.
import { isEvidenceEntry } from './evidence-shape.ts';
import type { EvidenceEntry } from './evidence.ts';
import { parsedJson } from '../json.ts';

export interface EvidenceLines {
  entries: EvidenceEntry[];
  /** Lines that are no entries, from 1. */
  unreadable: number[];
  /** Set when an entry is missing: which, and the line where it shows. */
  gap?: { seq: number; line: number };
  /** The first line that Fairlead does not write, from 1, and what is wrong with it. */
  odd?: { line: number; why: string };
}

interface Reading extends EvidenceLines {
  /** The line of each entry. */
  texts: string[];
  /** Lines that are no entries and wait for the entry that they may be the beginning of. */
  halves: { line: number; text: string }[];
}

export function readEvidenceLines(content: string): EvidenceLines {
  const reading: Reading = { entries: [], unreadable: [], texts: [], halves: [] };
  const lines = content.split('\n');
  const tail = lines.pop() ?? '';
  for (const [index, line] of lines.entries()) {
    readLine(reading, line, index + 1);
    if (reading.gap !== undefined) break;
  }
  if (reading.gap === undefined) readTail(reading, tail, lines.length + 1);
  const { entries, unreadable, gap, odd } = reading;
  return { entries, unreadable, ...(gap && { gap }), ...(odd && { odd }) };
}

/** May a crash have left this of `line`? A character may be cut in the middle, too. */
export function isHalfOf(text: string, line: string): boolean {
  const whole = text.replace(/\uFFFD$/, '');
  return (text === '' || whole !== '') && whole.length < line.length && line.startsWith(whole);
}

/** May this be the beginning of some entry? What parses was not cut. */
export function isHalf(text: string): boolean {
  return isHalfOf(text.slice(0, 2), '{"…') && parsedJson(text) === undefined;
}

function readLine(reading: Reading, text: string, line: number): void {
  const value = parsedJson(text);
  if (!isEvidenceEntry(value)) {
    if (text !== '') reading.unreadable.push(line);
    reading.halves.push({ line, text });
    return;
  }
  judgeHalves(reading, (half) => isHalfOf(half, text));
  const { entries, texts } = reading;
  if (JSON.stringify(value) !== text)
    note(reading, line, `entry ${value.seq} is not written as Fairlead writes it`);
  if (value.seq > entries.length) {
    reading.gap = { seq: entries.length, line };
  } else if (value.seq === entries.length) {
    entries.push(value);
    texts.push(text);
  } else if (texts[value.seq] !== text) {
    note(reading, line, `entry ${value.seq} is there a second time, and differs`);
  }
}

/** What stands behind the last line break: nothing, an entry, or the half of one. */
function readTail(reading: Reading, text: string, line: number): void {
  if (isEvidenceEntry(parsedJson(text))) {
    readLine(reading, text, line);
    return;
  }
  judgeHalves(reading, (half) => text !== '' && (isHalfOf(half, text) || isHalfOf(text, half)));
  if (text === '') return;
  reading.unreadable.push(line);
  if (!isHalf(text)) note(reading, line, NO_ENTRY);
}

const NO_ENTRY = 'it is no entry, and not what a crash leaves of one';

function judgeHalves(reading: Reading, isFine: (text: string) => boolean): void {
  const wrong = reading.halves.find(({ text }) => !isFine(text));
  if (wrong !== undefined) note(reading, wrong.line, NO_ENTRY);
  reading.halves = [];
}

function note(reading: Reading, line: number, why: string): void {
  reading.odd ??= { line, why };
}
