// Counts the records of a CSV file as it passes, as a CSV reader does (RFC 4180): a quote opens only at the start of a
// field, two quotes inside quotes are one, a line break inside quotes is none, lines end with LF, CR LF or CR alone, an
// empty line is no record, and the first record is the header. Separated by a comma, semicolon, tab or bar, whichever the
// header has most of, or by what a first line like `sep=;` says, which is no record; in UTF-8 (or anything else that has ASCII in it), or UTF-16.
const [TAB, LF, CR, QUOTE, COMMA, SEMICOLON, BAR] = [0x09, 0x0a, 0x0d, 0x22, 0x2c, 0x3b, 0x7c];
const SEPARATORS = [COMMA, SEMICOLON, TAB, BAR];
const MARKS: readonly { mark: readonly number[]; highByte?: 0 | 1 }[] = [
  { mark: [0xef, 0xbb, 0xbf] },
  { mark: [0xff, 0xfe], highByte: 1 },
  { mark: [0xfe, 0xff], highByte: 0 },
];
/** Bytes that are looked at to tell the encoding. */
const HEAD = 4;
/** So many bytes at the beginning of a chunk say how long its lines are. */
const BEGINNING = 1024;
/** On lines that are shorter on average, a search takes longer to begin than a loop to reach the end. */
const LONG_LINE = 12;
/** What spreadsheets put before the header, of the separator that follows. */
const NAMED_SEPARATOR = /^"?sep=([^\r\n])"?(?:\r\n?|\n)/i;
/** As many characters as that line has at most. */
const LONGEST_NAMING = 9;
/** Stands for every character that is not ASCII. */
const OTHER = 0x78;

export interface RowCounter {
  add(chunk: Uint8Array): void;
  /** Records after the header; to be asked when all of the file has passed. */
  rows(): number;
}

export function countRows(): RowCounter {
  const records = createRecords();
  let head: Uint8Array | undefined = new Uint8Array(0);
  let ascii: (chunk: Uint8Array) => Uint8Array = (chunk) => chunk;
  const begin = (seen: Uint8Array): void => {
    head = undefined;
    const found = encodingOf(seen);
    if (found.highByte !== undefined) ascii = asciiOfUtf16(found.highByte);
    records.add(ascii(seen.subarray(found.skip)));
  };
  return {
    add: (chunk) => {
      if (head === undefined) records.add(ascii(chunk));
      else {
        head = Buffer.concat([head, chunk]);
        if (head.length >= HEAD) begin(head);
      }
    },
    rows: () => {
      if (head !== undefined) begin(head);
      return records.after();
    },
  };
}

/** `skip`: bytes of the mark at the beginning; `highByte`: where in a UTF-16 unit its high byte is. */
function encodingOf(head: Uint8Array): { skip: number; highByte?: 0 | 1 } {
  const marked = MARKS.find(({ mark }) => mark.every((byte, at) => head[at] === byte));
  if (marked !== undefined) return { ...marked, skip: marked.mark.length };
  // Without a mark: two letters of ASCII at the beginning have two high bytes that are zero.
  const zeros = [0, 1, 2, 3].map((at) => (head[at] === 0 ? '0' : 'x')).join('');
  if (zeros === 'x0x0') return { skip: 0, highByte: 1 };
  return zeros === '0x0x' ? { skip: 0, highByte: 0 } : { skip: 0 };
}

/** Makes one byte of each UTF-16 unit; a unit may be cut by the end of a chunk. */
function asciiOfUtf16(highByte: 0 | 1): (chunk: Uint8Array) => Uint8Array {
  let rest = new Uint8Array(0);
  return (chunk) => {
    const whole = Buffer.concat([rest, chunk]);
    const units = Uint8Array.from({ length: whole.length >> 1 }, (_, unit) => {
      const at = unit * 2;
      return whole[at + highByte] === 0 ? (whole[at + 1 - highByte] ?? OTHER) : OTHER;
    });
    rest = Uint8Array.from(whole.subarray(units.length * 2));
    return units;
  };
}

/** `start` of a field, in a `plain` one, in a `quoted` one, or after a quote in a quoted one, which ends it or is doubled. */
type Place = 'start' | 'plain' | 'quoted' | 'quote';

const AT_QUOTE = {
  start: 'quoted',
  quote: 'quoted',
  quoted: 'quote',
  plain: 'plain',
} as const satisfies Record<Place, Place>;

interface Reading {
  records: number;
  place: Place;
  /** Nothing of a record was read yet. */
  empty: boolean;
  afterCr: boolean;
  separators: Separators;
}

/** Holds back the beginning until a line that names the separator would be through. */
function createRecords(): { add(chunk: Uint8Array): void; after(): number } {
  const beginning: Uint8Array[] = [];
  let records: Records | undefined;
  const begin = (): Records => {
    const seen = Buffer.concat(beginning);
    const [line = '', separator] =
      NAMED_SEPARATOR.exec(seen.toString('latin1', 0, LONGEST_NAMING)) ?? [];
    records = recordsBy(separator?.charCodeAt(0));
    records.add(seen.subarray(line.length));
    return records;
  };
  return {
    add: (chunk) => {
      if (records === undefined) {
        beginning.push(chunk);
        const length = beginning.reduce((sum, one) => sum + one.length, 0);
        if (length >= LONGEST_NAMING) begin();
      } else records.add(chunk);
    },
    after: () => (records ?? begin()).after(),
  };
}

type Records = ReturnType<typeof recordsBy>;

function recordsBy(named: number | undefined): { add(chunk: Uint8Array): void; after(): number } {
  const separators = createSeparators(named);
  const at: Reading = { records: 0, place: 'start', empty: true, afterCr: false, separators };
  return {
    add: (chunk) => {
      if (chunk.length === 0) return;
      if (isSearchable(at, chunk)) byLine(at, chunk);
      else byByte(at, chunk);
    },
    after: () => Math.max(0, at.records + (at.empty ? 0 : 1) - 1),
  };
}

function endLine(at: Reading): void {
  if (!at.empty) {
    at.records += 1;
    at.separators.choose();
  }
  at.place = 'start';
  at.empty = true;
}

function byByte(at: Reading, chunk: Uint8Array): void {
  // By index: an iterator takes several times as long, and this sees every byte of every backup.
  for (let index = 0; index < chunk.length; index += 1) {
    const byte = chunk[index] ?? 0;
    if (byte === QUOTE) {
      at.empty = false;
      at.place = AT_QUOTE[at.place];
    } else if (at.place !== 'quoted') outsideQuotes(at, byte);
    at.afterCr = byte === CR;
  }
}

function outsideQuotes(at: Reading, byte: number): void {
  if (byte === CR || byte === LF) {
    if (byte === CR || !at.afterCr) endLine(at);
    return;
  }
  at.empty = false;
  at.place = at.separators.has(byte) ? 'start' : 'plain';
}

/** Counts in a chunk without a quote or a CR alone that begins outside of quotes: its line breaks are found by a native search. */
function byLine(at: Reading, chunk: Uint8Array): void {
  for (let start = 0; start < chunk.length;) start = passLine(at, chunk, start);
  at.afterCr = false;
  if (!at.empty) at.place = at.separators.has(chunk.at(-1) ?? LF) ? 'start' : 'plain';
}

/** Passes the line that begins at `start`; answers where the next one does. */
function passLine(at: Reading, chunk: Uint8Array, start: number): number {
  const found = chunk.indexOf(LF, start);
  const end = found === -1 ? chunk.length : found;
  const isCrLf = end > start && found !== -1 && chunk[end - 1] === CR;
  if (end - (isCrLf ? 1 : 0) > start) at.empty = false;
  if (found !== -1 && !(found === 0 && at.afterCr)) endLine(at);
  return end + 1;
}

function isSearchable({ place, separators }: Reading, chunk: Uint8Array): boolean {
  if (!separators.chosen() || (place !== 'start' && place !== 'plain')) return false;
  return hasLongLines(chunk) && !chunk.includes(QUOTE) && !hasLoneCr(chunk);
}

interface Separators {
  chosen(): boolean;
  /** The header is over. */
  choose(): void;
  has(byte: number): boolean;
}

/** What separates fields: what is named, else any of them in the header, and then the one that the header has most of. */
function createSeparators(named: number | undefined): Separators {
  const seen = new Map(SEPARATORS.map((byte) => [byte, 0]));
  let separator = named;
  return {
    chosen: () => separator !== undefined,
    choose: () => {
      separator ??= [...seen].reduce((most, one) => (one[1] > most[1] ? one : most))[0];
    },
    has: (byte) => {
      if (separator !== undefined) return byte === separator;
      const count = seen.get(byte);
      if (count !== undefined) seen.set(byte, count + 1);
      return count !== undefined;
    },
  };
}

function hasLongLines(chunk: Uint8Array): boolean {
  const length = Math.min(chunk.length, BEGINNING);
  let breaks = 0;
  for (let at = 0; at < length; at += 1) if (chunk[at] === LF) breaks += 1;
  return breaks * LONG_LINE <= length;
}

/** A CR that no LF follows, or at the end of the chunk, where nobody knows. */
function hasLoneCr(chunk: Uint8Array): boolean {
  for (let at = chunk.indexOf(CR); at !== -1; at = chunk.indexOf(CR, at + 1)) {
    if (chunk[at + 1] !== LF) return true;
  }
  return false;
}
