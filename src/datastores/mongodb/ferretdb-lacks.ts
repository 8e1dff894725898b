// What a backup of MongoDB holds that FerretDB 1 cannot hold, found in its definitions before anything is loaded: it would
// refuse some of it in the middle, and leave out some of it without a word.
import { parsedJson, isRecord } from '../../domain/json.ts';
import type { Definition } from '../../domain/backup/backup.ts';

/** Options of indexes that it refuses, or takes and forgets. */
const INDEX_OPTIONS: ReadonlySet<string> = new Set([
  ...['partialFilterExpression', 'expireAfterSeconds', 'collation', 'sparse', 'hidden'],
  ...['weights', 'default_language', 'language_override', 'textIndexVersion', 'wildcardProjection'],
  ...['2dsphereIndexVersion', 'bits', 'min', 'max', 'bucketSize', 'storageEngine', 'clustered'],
]);
const COLLECTION_OPTIONS: ReadonlySet<string> = new Set([
  ...['validator', 'validationLevel', 'validationAction', 'collation', 'clusteredIndex'],
  ...['expireAfterSeconds', 'changeStreamPreAndPostImages', 'encryptedFields'],
]);

/** One sentence each; empty where it can hold everything that the definitions tell of. */
export function lackingInFerretdb(definitions: readonly Definition[]): string[] {
  return definitions.flatMap((definition) => {
    const why = lacks(definition);
    return why === undefined ? [] : [`the ${titleOf(definition)} ${why}`];
  });
}

function lacks({ kind, text }: Definition): string | undefined {
  const options = parsedJson(text);
  if (!isRecord(options)) return 'is not understood';
  if (kind === 'index') return indexLacks(options);
  if (kind !== 'collection') return `is a ${kind}`;
  const option = Object.keys(options).find((name) => COLLECTION_OPTIONS.has(name));
  return option === undefined ? undefined : `has the option ${option}`;
}

function indexLacks(options: Record<string, unknown>): string | undefined {
  const option = Object.keys(options).find((name) => INDEX_OPTIONS.has(name));
  if (option !== undefined) return `has the option ${option}`;
  const keys = isRecord(options['key']) ? Object.values(options['key']) : [];
  const odd = keys.find((direction) => typeof direction !== 'number');
  return odd === undefined ? undefined : `is ${JSON.stringify(odd)}`;
}

function titleOf({ kind, of, name }: Definition): string {
  return of === '' ? `${kind} ${name}` : `${kind} ${name} of ${of}`;
}
