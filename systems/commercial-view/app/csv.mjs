// Reads a CSV file with a header line; fields may be quoted, with doubled quotes inside.
import { readFileSync } from 'node:fs';

/** One object per row, every value a string. */
export function readCsv(file) {
  const [header, ...rows] = parse(readFileSync(file, 'utf8'));
  if (header === undefined) throw new Error(`${file} is empty; its first line names the columns`);
  return rows.map((row, index) => {
    if (row.length !== header.length) {
      throw new Error(
        `${file}:${index + 2}: ${row.length} fields where the header has ${header.length}`,
      );
    }
    return Object.fromEntries(header.map((name, column) => [name, row[column]]));
  });
}

function parse(text) {
  return text
    .split(/\r?\n/)
    .filter((line) => line !== '')
    .map((line) =>
      [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,"]*))/g)].map(
        ([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain,
      ),
    );
}
