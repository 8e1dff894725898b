// Reads BSON as the bytes that it is, without a driver: no number is rounded, no order of fields is lost. Its types are
// listed at bsonspec.org.
import { Failure } from '../../domain/failure.ts';

/** One field of a document: its value as bytes, without its type and name. */
export interface Field {
  type: number;
  name: string;
  value: Buffer;
}

const [DOUBLE, TEXT, DOCUMENT, ARRAY, BOOLEAN, INT32, INT64] = [1, 2, 3, 4, 8, 0x10, 0x12] as const;
/** Of values whose length is always the same. */
const FIXED: Readonly<Record<number, number>> = {
  [DOUBLE]: 8,
  0x06: 0, // undefined
  0x07: 12, // object id
  [BOOLEAN]: 1,
  0x09: 8, // date
  0x0a: 0, // null
  [INT32]: 4,
  0x11: 8, // timestamp
  [INT64]: 8,
  0x13: 16, // decimal128
  0x7f: 0, // greatest key
  0xff: 0, // least key
};

/** Far more than MongoDB takes, which is 100. */
const DEEPEST = 250;

/** The fields of a whole document, in their order. Throws CheckFailed for bytes that are none. */
export function* fieldsIn(document: Buffer): Generator<Field> {
  if (document.length < 5 || document.readInt32LE(0) !== document.length) throw broken();
  let at = 4;
  for (let type = document[at]; type !== 0; type = document[at]) {
    if (type === undefined) throw broken();
    const named = textEnd(document, at + 1);
    const length = lengthOf(document, type, named + 1);
    const end = named + 1 + length;
    // A length below zero would lead back, and never to the end.
    if (length < 0 || end >= document.length) throw broken();
    const name = document.toString('utf8', at + 1, named);
    yield { type, name, value: document.subarray(named + 1, end) };
    at = end;
  }
  if (at !== document.length - 1) throw broken();
}

/** The text of a field; undefined where it is none or not there. */
export function textIn(fields: readonly Field[], name: string): string | undefined {
  const found = fields.find((field) => field.name === name && field.type === TEXT);
  return found?.value.toString('utf8', 4, found.value.length - 1);
}

export function isTrue(fields: readonly Field[], name: string): boolean {
  return fields.some((one) => one.name === name && one.type === BOOLEAN && one.value[0] === 1);
}

/**
 * A document as text that two servers share: fields in their order, numbers by their value whatever their type, everything
 * else by its bytes. For definitions; documents of users are compared by all of their bytes.
 */
export function textOf(document: Buffer, isArray = false, depth = 0): string {
  if (depth > DEEPEST) throw broken();
  const fields = [...fieldsIn(document)].map(({ name, ...field }) => {
    const text = valueText(field, depth);
    return isArray ? text : `${JSON.stringify(name)}:${text}`;
  });
  return isArray ? `[${fields.join(',')}]` : `{${fields.join(',')}}`;
}

export function valueText({ type, value }: Pick<Field, 'type' | 'value'>, depth = 0): string {
  switch (type) {
    case DOUBLE:
      return numberText(value.readDoubleLE(0));
    case TEXT:
      return JSON.stringify(value.toString('utf8', 4, value.length - 1));
    case DOCUMENT:
      return textOf(value, false, depth + 1);
    case ARRAY:
      return textOf(value, true, depth + 1);
    case BOOLEAN:
      return String(value[0] === 1);
    case INT32:
      return String(value.readInt32LE(0));
    case INT64:
      return String(value.readBigInt64LE(0));
    default:
      return JSON.stringify(`bson ${type} ${value.toString('hex')}`);
  }
}

/** What JSON has no number for is a text. */
function numberText(value: number): string {
  return Number.isFinite(value) ? String(value) : JSON.stringify(String(value));
}

function lengthOf(document: Buffer, type: number, at: number): number {
  const fixed = FIXED[type];
  if (fixed !== undefined) return fixed;
  if (at + 4 > document.length) throw broken();
  switch (type) {
    case TEXT:
    case 0x0d: // code
    case 0x0e: // symbol
      return 4 + document.readInt32LE(at);
    case DOCUMENT:
    case ARRAY:
    case 0x0f: // code with its scope
      return document.readInt32LE(at);
    case 0x05: // bytes
      return 5 + document.readInt32LE(at);
    case 0x0c: // a pointer of old
      return 16 + document.readInt32LE(at);
    case 0x0b: // a regular expression: two texts
      return textEnd(document, textEnd(document, at) + 1) + 1 - at;
    default:
      throw broken();
  }
}

function textEnd(document: Buffer, from: number): number {
  const end = document.indexOf(0, from);
  if (end === -1) throw broken();
  return end;
}

function broken(): Failure {
  return new Failure('CheckFailed', 'a document is no BSON: it is damaged');
}
