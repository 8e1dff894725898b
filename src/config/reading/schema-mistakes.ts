// What zod found, said for the person who wrote the file: what stands there, and what is allowed.
import type { z } from 'zod';
import { schemaAt, type SchemaNode } from './json-schema.ts';
import { mistakeAt, type Located, type Path } from './located.ts';
import type { Mistake } from './mistake.ts';
import { didYouMean } from '../../domain/text/did-you-mean.ts';
import { listed, shown } from './wording.ts';

type Issue = z.core.$ZodIssue;

/** What is declared at a place; undefined where nothing is. */
type Declared = (path: Path) => SchemaNode | undefined;

/** `value` is the plain value of `root`. */
export function schemaMistakes(issues: Issue[], root: Located, value: unknown): Mistake[] {
  return issueMistakes(issues, value, schemaAt).map(({ path, message }) =>
    mistakeAt(root, path, message),
  );
}

/** For a value of any schema. */
export function issueMistakes(
  issues: Issue[],
  value: unknown,
  declared: Declared,
): { path: Path; message: string }[] {
  return issues.flatMap((issue) => {
    const path = issue.path.map((part) => (typeof part === 'number' ? part : String(part)));
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => ({
        path: [...path, key],
        message: unknownKey(key, declared(path)),
      }));
    }
    return [{ path, message: sentence(issue, path, valueAt(value, path), declared) }];
  });
}

function unknownKey(key: string, schema: SchemaNode | undefined): string {
  const known = Object.keys(schema?.properties ?? {});
  if (key === '<<') return 'merge keys are not known here; share by `base:` or repeat the values';
  return `unknown key${didYouMean(key, known)}; known here: ${listed(known)}`;
}

function sentence(issue: Issue, path: Path, found: unknown, declared: Declared): string {
  if (issue.code === 'invalid_key') return strangeKey(path, declared);
  const schema = declared(path);
  const allowed = schema ? allowedBy(schema) : issue.message;
  if (found === undefined || found === null) {
    return `${found === null ? 'has no value' : 'is missing'}; write ${allowed}`;
  }
  // A rule of its own, with its own sentence (at least one service).
  if (issue.code === 'custom' && schema?.description === undefined) return issue.message;
  const braces = unquoted(found);
  if (braces !== undefined) return braces;
  return `${shown(found)} is not allowed${meant(found, schema)}; write ${allowed}`;
}

const PLACEHOLDER = /^(?:version|address|url)$/;

/** `{version}` without quotes is a map with the key `version` and no value. */
function unquoted(found: unknown): string | undefined {
  const entries = typeof found === 'object' && found !== null ? Object.entries(found) : [];
  const [[key, value] = ['', ''], ...others] = entries;
  if (value !== null || others.length > 0 || !PLACEHOLDER.test(key)) return undefined;
  return `{${key}} without quotes is a map in YAML; write '{${key}}'`;
}

function strangeKey(path: Path, declared: Declared): string {
  const keys = declared(path.slice(0, -1))?.propertyNames;
  const allowed = typeof keys === 'object' ? keys.description : undefined;
  return `the key ${shown(path.at(-1))} is not allowed; write ${allowed ?? 'a name'}`;
}

function meant(found: unknown, schema: SchemaNode | undefined): string {
  const choice = schema?.enum?.filter((one) => typeof one === 'string') ?? [];
  return typeof found === 'string' ? didYouMean(found, choice) : '';
}

/** What may be written at a place, as a phrase. */
export function allowedBy(schema: SchemaNode): string {
  if (schema.description !== undefined) return schema.description;
  if (schema.enum) return schema.enum.map((one) => String(one)).join(' or ');
  const { properties, items } = schema;
  if (properties) return `a map with ${listed(Object.keys(properties))}`;
  if (typeof items === 'object' && !Array.isArray(items)) {
    return `a list, each item ${allowedBy(items)}`;
  }
  if (schema.type === 'integer') return `a whole number${range(schema)}`;
  if (schema.type === 'number') return `a number${range(schema)}`;
  return BY_TYPE[typeof schema.type === 'string' ? schema.type : ''] ?? 'a value';
}

const BY_TYPE: Record<string, string> = {
  string: 'a text that is not empty',
  boolean: 'true or false',
  object: 'a map of `name: {...}`',
};

function range({ minimum, maximum, exclusiveMinimum, exclusiveMaximum }: SchemaNode): string {
  const bounds = [
    bound('from', minimum),
    bound('above', exclusiveMinimum),
    bound('up to', maximum),
    bound('below', exclusiveMaximum),
  ].filter((one) => one !== '');
  return bounds.length === 0 ? '' : ` ${bounds.join(' and ').replace(' and up to', ' to')}`;
}

/** Zod writes the largest safe integer where there is no limit. */
function bound(word: string, limit: number | boolean | undefined): string {
  return typeof limit !== 'number' || Math.abs(limit) >= Number.MAX_SAFE_INTEGER
    ? ''
    : `${word} ${limit}`;
}

function valueAt(value: unknown, path: Path): unknown {
  let here = value;
  for (const part of path) {
    if (typeof here !== 'object' || here === null || !Object.hasOwn(here, part)) return undefined;
    here = Reflect.get(here, part);
  }
  return here;
}
