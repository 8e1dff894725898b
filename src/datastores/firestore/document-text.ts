// A document as one line of text and back, to the bit: types as in Firestore's REST API, names without their database,
// fields sorted, so that two documents of one content are one text. A reference into the own database has no database
// either: in a copy of another name it leads into the copy.
import { Failure } from '../../domain/failure.ts';
import { isRecord } from '../../domain/json.ts';
import type { Moment, Value } from './wire.ts';

type Fields = Record<string, Value>;

export interface WireDocument {
  name: string;
  fields: Fields;
}

/** Of a document by its full name, in the database `root` (`projects/P/databases/D`). No line break. */
export function textOf(document: { name?: string | null; fields?: unknown }, root: string): string {
  const name = pathIn(document.name ?? '', root);
  return `{"name":${JSON.stringify(name)},"fields":${fieldsText(document.fields, root)}}`;
}

/** The name of a document without its database: `orders/17`. Throws CheckFailed for another database's. */
export function pathIn(name: string, root: string): string {
  const start = `${root}/documents/`;
  if (name.startsWith(start)) return name.slice(start.length);
  throw new Failure('CheckFailed', `the document ${name} is not of the database ${root}`);
}

/** What `textOf` made, for the database `root`. Throws CheckFailed for another text. */
export function documentIn(text: string, root: string): WireDocument {
  const read = parsed(text);
  const name = isRecord(read) ? read['name'] : undefined;
  if (!isRecord(read) || typeof name !== 'string') throw broken(text);
  try {
    return { name: `${root}/documents/${name}`, fields: fieldsIn(read['fields'], root) };
  } catch (error) {
    // Lists in lists, deeper than any server takes.
    throw error instanceof RangeError ? broken(text) : error;
  }
}

/** The collection that a document is of, whatever that lies in: `lines` of `orders/17/lines/1`. */
export function groupOf(path: string): string {
  return path.split('/').at(-2) ?? '';
}

/** Code units: one order wherever it is sorted. */
function byName([one]: [string, unknown], [other]: [string, unknown]): number {
  return one < other ? -1 : 1;
}

function fieldsText(fields: unknown, root: string): string {
  const texts = Object.entries(isRecord(fields) ? fields : {})
    .sort(byName)
    .map(([name, value]) => `${JSON.stringify(name)}:${valueText(value as Value, root)}`);
  return `{${texts.join(',')}}`;
}

function valueText(value: Value, root: string): string {
  for (const [type, write] of Object.entries(WRITERS)) {
    const held: unknown = value[type as keyof Value];
    if (held !== undefined && held !== null) return write(held, root);
  }
  if (value.nullValue !== undefined) return '{"nullValue":null}';
  const types = Object.keys(value).join(', ');
  throw new Failure(
    'Unsupported',
    `a value of the type ${types} is not known here: no backup is made without it`,
  );
}

type Write = (held: unknown, root: string) => string;

const WRITERS: Readonly<Record<string, Write>> = {
  stringValue: (held) => `{"stringValue":${JSON.stringify(held)}}`,
  integerValue: (held) => `{"integerValue":"${String(held)}"}`,
  doubleValue: (held) => `{"doubleValue":${doubleText(Number(held))}}`,
  booleanValue: (held) => `{"booleanValue":${String(held)}}`,
  timestampValue: (held) => `{"timestampValue":"${momentText(held as Moment)}"}`,
  mapValue: (held, root) =>
    `{"mapValue":{"fields":${fieldsText((held as { fields?: unknown }).fields, root)}}}`,
  arrayValue: (held, root) => {
    const values = (held as { values?: Value[] | null }).values ?? [];
    const texts = values.map((value) => valueText(value, root));
    return `{"arrayValue":{"values":[${texts.join(',')}]}}`;
  },
  bytesValue: (held) => `{"bytesValue":"${Buffer.from(held as Uint8Array).toString('base64')}"}`,
  referenceValue: (held, root) => {
    const name = String(held);
    const start = `${root}/documents/`;
    return name.startsWith(start)
      ? `{"ownReference":${JSON.stringify(name.slice(start.length))}}`
      : `{"referenceValue":${JSON.stringify(name)}}`;
  },
  geoPointValue: (held) => {
    const { latitude, longitude } = held as { latitude?: number; longitude?: number };
    return `{"geoPointValue":{"latitude":${doubleText(latitude ?? 0)},"longitude":${doubleText(longitude ?? 0)}}}`;
  },
};

/** JSON has neither of these; minus zero it has, and JavaScript does not write it. */
function doubleText(value: number): string {
  if (!Number.isFinite(value)) return `"${String(value)}"`;
  return Object.is(value, -0) ? '-0.0' : String(value);
}

/** ISO 8601 with nanoseconds: `2026-11-22T08:51:26.123456789Z`. */
export function momentText({ seconds, nanos }: Moment): string {
  const whole = new Date(Number(String(seconds ?? 0)) * 1000).toISOString().slice(0, 19);
  return `${whole}.${String(nanos ?? 0).padStart(9, '0')}Z`;
}

function momentOf(text: string): { seconds: number; nanos: number } | undefined {
  const [, whole = '', fraction = ''] =
    /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?Z$/.exec(text) ?? [];
  const ms = Date.parse(`${whole}Z`);
  return Number.isNaN(ms)
    ? undefined
    : { seconds: ms / 1000, nanos: Number(fraction.padEnd(9, '0')) };
}

function fieldsIn(fields: unknown, root: string): Fields {
  return Object.fromEntries(
    Object.entries(isRecord(fields) ? fields : {}).map(([name, value]) => [
      name,
      valueIn(value, root),
    ]),
  );
}

/** One value with its type, as `textOf` writes it and as the REST API has it. Throws CheckFailed for none. */
export function valueIn(value: unknown, root: string): Value {
  const [[type, held] = []] = isRecord(value) ? Object.entries(value) : [];
  const read = type !== undefined && Object.hasOwn(READERS, type) ? READERS[type] : undefined;
  const found = read?.(held, root);
  if (found === undefined) throw broken(JSON.stringify(value));
  return found;
}

type Read = (held: unknown, root: string) => Value | undefined;

const READERS: Readonly<Record<string, Read>> = {
  nullValue: () => ({ nullValue: 'NULL_VALUE' }),
  stringValue: (held) => (typeof held === 'string' ? { stringValue: held } : undefined),
  integerValue: (held) => ({ integerValue: String(held) }),
  doubleValue: (held) => ({ doubleValue: Number(held) }),
  booleanValue: (held) => (typeof held === 'boolean' ? { booleanValue: held } : undefined),
  timestampValue: (held) => {
    const timestampValue = momentOf(String(held));
    return timestampValue && { timestampValue };
  },
  mapValue: (held, root) => ({
    mapValue: { fields: fieldsIn(isRecord(held) ? held['fields'] : {}, root) },
  }),
  arrayValue: (held, root) => {
    const values: unknown = isRecord(held) ? held['values'] : [];
    return {
      arrayValue: {
        values: (Array.isArray(values) ? values : []).map((one) => valueIn(one, root)),
      },
    };
  },
  bytesValue: (held) => ({ bytesValue: Buffer.from(String(held), 'base64') }),
  ownReference: (held, root) => ({ referenceValue: `${root}/documents/${String(held)}` }),
  referenceValue: (held) => ({ referenceValue: String(held) }),
  geoPointValue: (held) =>
    isRecord(held)
      ? {
          geoPointValue: {
            latitude: Number(held['latitude'] ?? 0),
            longitude: Number(held['longitude'] ?? 0),
          },
        }
      : undefined,
};

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw broken(text);
  }
}

function broken(text: string): Failure {
  return new Failure('CheckFailed', `a line of ${text.length} characters is no document`);
}
