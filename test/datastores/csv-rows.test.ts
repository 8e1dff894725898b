// Rows of a CSV file, counted as a CSV reader does, whatever chunks it comes in.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { countRows } from '../../src/datastores/files/csv-rows.ts';

function rowsOf(bytes: Uint8Array, cut: number): number {
  const counter = countRows();
  for (let at = 0; at < bytes.length; at += cut) counter.add(bytes.subarray(at, at + cut));
  return counter.rows();
}

/** Counted whole, and in chunks that cut characters, lines and quotes. */
function assertRows(text: string | Uint8Array, expected: number, what: string): void {
  const bytes = typeof text === 'string' ? Buffer.from(text) : text;
  for (const cut of [1, 2, 3, 7, 64, 1_000_000])
    assert.equal(rowsOf(bytes, cut), expected, `${what}, in chunks of ${cut}`);
}

const lines = (count: number, line: (n: number) => string, end = '\n'): string =>
  Array.from({ length: count }, (_, n) => `${line(n)}${end}`).join('');

function utf16(text: string, order: 'le' | 'be', mark: boolean): Uint8Array {
  const little = Buffer.from(`${mark ? '\ufeff' : ''}${text}`, 'utf16le');
  return order === 'le' ? little : little.swap16();
}

test('a quote opens only at the start of a field', () => {
  assertRows(`a,b\n1,5" pipe\n${lines(999, (n) => `${n},x`)}`, 1000, 'in the middle');
  assertRows(`a;b\n1;5" pipe\n${lines(9, (n) => `${n};x`)}`, 10, 'with semicolons');
  assertRows(`a,b\nx, "y\n${lines(9, (n) => `${n},x`)}`, 10, 'after a space');
  assertRows(
    `a,b\n1,he said;"so\n${lines(9, (n) => `${n},x`)}`,
    10,
    'after what separates elsewhere',
  );
  assertRows(`a,b\n"x"y"z,1\n${lines(9, (n) => `${n},x`)}`, 10, 'after one that closed');
});

test('line breaks, separators and doubled quotes inside quotes are text', () => {
  assertRows(`a,b\n${lines(10, (n) => `"he ""\n"" hi",${n}`)}`, 10, 'doubled');
  for (const separator of [',', ';', '\t', '|'])
    assertRows(
      `a${separator}b\n${lines(10, (n) => `${n}${separator}"x\r\ny${separator}\n"`)}`,
      10,
      `after ${JSON.stringify(separator)}`,
    );
  assertRows(`"a\nb","c"\n${lines(10, (n) => `"",${n}`)}`, 10, 'in the header');
});

test('a line ends with LF, CR LF or CR alone, and an empty one is no record', () => {
  for (const end of ['\n', '\r\n', '\r']) {
    const text = `a,b${end}${end}${lines(10, (n) => `x,${n}`, end)}`;
    assertRows(text, 10, JSON.stringify(end));
    assertRows(text.slice(0, -end.length), 10, `${JSON.stringify(end)} but for the last`);
    assertRows(`${text}${end}${end}`, 10, `${JSON.stringify(end)} and empty ones`);
    assertRows(
      lines(500, (n) => `a long line that is searched, ${n}`, end),
      499,
      'long',
    );
  }
  assertRows(`a,b\n${'long line, '.repeat(20)}\n1,2\r3,4\n`, 3, 'mixed');
  assertRows('', 0, 'nothing');
  assertRows('a,b', 0, 'a header');
});

test('UTF-16 and a mark at the beginning are seen', () => {
  const text = `a,b\n${lines(9, (n) => `"Ċ\n中",${n}`)}x,"5"\n`;
  assertRows(`\ufeff"a\nb",c\n${lines(10, (n) => `x,${n}`)}`, 10, 'UTF-8 with a mark');
  for (const order of ['le', 'be'] as const)
    for (const mark of [true, false]) assertRows(utf16(text, order, mark), 10, `UTF-16 ${order}`);
});

test('whatever is quoted comes to one record a line', () => {
  fc.assert(
    fc.property(
      fc.array(fc.array(fc.string({ minLength: 1 }), { minLength: 1 }), { minLength: 1 }),
      fc.integer({ min: 1, max: 9 }),
      (records, cut) => {
        const field = (value: string): string => `"${value.replaceAll('"', '""')}"`;
        const text = records.map((record) => record.map(field).join(',')).join('\n');
        assert.equal(rowsOf(Buffer.from(text), cut), records.length - 1);
      },
    ),
  );
});

test('rows are counted the same way by line and by byte, whichever a chunk is fit for', () => {
  const byByte = (text: string): number => {
    const unquoted = text.replaceAll(/(?<=^|[,\r\n])"(?:[^"]|"")*(?:"|$)/g, 'q');
    const records = unquoted.split(/\r\n|\r|\n/).filter((line) => line !== '');
    return Math.max(0, records.length - 1);
  };
  const long = fc.stringMatching(/^[a-z,]{40,120}$/);
  const short = fc.constantFrom('', '\r', '1', '1,2', '\r1');
  const quoted = fc.constantFrom('"a"', '"a\nb"', `"${'long\nlines '.repeat(9)}"`, '"\n', 'b"');
  const lines = fc.array(fc.oneof({ weight: 6, arbitrary: long }, short, quoted), {
    maxLength: 60,
  });
  fc.assert(
    fc.property(
      lines,
      fc.constantFrom('\n', '\r\n', '\r'),
      fc.integer({ min: 1, max: 700 }),
      (all, end, cut) => {
        assert.equal(rowsOf(Buffer.from(all.join(end)), cut), byByte(all.join(end)));
      },
    ),
    { numRuns: 500 },
  );
});

test('a first line that names the separator is no record', () => {
  for (const separator of [';', ',', '\t', '|', '^']) {
    for (const end of ['\n', '\r\n', '\r']) {
      const table = `a${separator}b${end}${lines(10, (n) => `1${separator}"${n}${end}"`, end)}`;
      for (const naming of [`sep=${separator}`, `"sep=${separator}"`, `SEP=${separator}`]) {
        const what = JSON.stringify([naming, end]);
        assertRows(`${naming}${end}${table}`, 10, what);
        assertRows(`\ufeff${naming}${end}${table}`, 10, `${what} after a mark`);
        assertRows(utf16(`${naming}${end}${table}`, 'le', true), 10, `${what} in UTF-16`);
      }
    }
  }
  assertRows(`sep=;\n${lines(10, (n) => `a,b;${n},"x`)}`, 9, 'the header has more of another');
});

test('what only begins like it is a header', () => {
  assertRows('sep=;', 0, 'alone');
  assertRows('sep=;\n', 0, 'without a header');
  assertRows('sep=\n1\n2\n', 2, 'names nothing');
  assertRows('sep=;x\n1\n2\n', 2, 'goes on');
  assertRows('september;october\n1;2\n', 1, 'a word');
  assertRows('a\nsep=;\n2\n', 2, 'further down');
});
