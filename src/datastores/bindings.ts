// Bindings in the object store: `<system>/_bindings/<datastore>/<epoch>.json`, one for each change and none ever
// overwritten. The highest epoch counts: a record that a frozen worker puts too late is older, and changes nothing. No
// datastore is called `_bindings`.
import { z } from 'zod';
import type { BindingsPort } from '../ports/bindings.ts';
import type { DatastoreRef } from '../ports/backups.ts';
import type { ObjectsPort } from '../ports/objects.ts';
import type { Waiting } from '../ports/waiting.ts';
import { boundSettings, type BindingRecord, type BoundPlace } from '../domain/recovery/binding.ts';
import { digestOf } from '../domain/digest.ts';
import { Failure } from '../domain/failure.ts';
import { jsonBytes, readJson } from '../integrations/json-objects.ts';

/** Digits of an epoch in a key: padded to so many, keys sort as epochs do. */
const DIGITS = 16;
/** A record is a few lines; more than this is none. */
const LONGEST = 64 * 1024;

const recordSchema: z.ZodType<BindingRecord> = z.object({
  schema: z.literal('fairlead/binding/v1'),
  system: z.string(),
  datastore: z.string(),
  place: z.strictObject({
    host: z.exactOptional(z.string().min(1)),
    port: z.exactOptional(z.number().int().min(1).max(65_535)),
    database: z.exactOptional(z.string().min(1)),
    directory: z.exactOptional(z.string().min(1)),
  }),
  epoch: z.number().int().min(0),
  since: z.iso.datetime(),
  operation: z.string(),
});

export function createBindings(objects: ObjectsPort): BindingsPort {
  const read: BindingsPort['read'] = async (of, waiting) => {
    const key = (await objects.list(folderOf(of))).at(-1)?.key;
    return key === undefined ? undefined : recordAt(objects, key, waiting);
  };
  return {
    read,
    put: async (record, waiting) => {
      const asked = recordSchema.parse(record);
      refuseOlder(asked, await read(asked, waiting));
      const epoch = String(asked.epoch).padStart(DIGITS, '0');
      const key = `${folderOf(asked)}${epoch}.json`;
      await objects.put({ key, body: jsonBytes(asked) }, waiting).catch(async (error: unknown) => {
        if (!(error instanceof Failure && error.kind === 'Refused')) throw error;
        const there = await recordAt(objects, key, waiting);
        if (digestOf(there) !== digestOf(asked)) throw bound(asked, there);
      });
      // One of a higher epoch may have come in between.
      refuseOlder(asked, await read(asked, waiting));
    },
  };
}

/** A datastore as it is today. */
export async function boundStore(
  bindings: BindingsPort,
  store: DatastoreRef,
  waiting: Waiting,
): Promise<DatastoreRef> {
  const record = await bindings.read(store, waiting);
  return { ...store, settings: boundSettings(store.settings, record) };
}

/** A datastore as it would be at another place. */
export function placedAt(store: DatastoreRef, place: BoundPlace): DatastoreRef {
  return { ...store, settings: boundSettings(store.settings, { place }) };
}

/** Throws WorldChanged for a record that cannot be read: where the data are is not guessed. */
async function recordAt(
  objects: ObjectsPort,
  key: string,
  waiting: Waiting,
): Promise<BindingRecord> {
  const read = await readJson(objects, { key, longest: LONGEST }, recordSchema, waiting);
  if ('value' in read) return read.value;
  throw new Failure(
    'WorldChanged',
    `reading where a datastore is: ${read.problem}; somebody else wrote there, mend or remove it`,
  );
}

function refuseOlder(record: BindingRecord, there: BindingRecord | undefined): void {
  if (there === undefined || there.epoch <= record.epoch) return;
  const { system, datastore, epoch } = record;
  throw new Failure(
    'Superseded',
    `binding ${system}/${datastore} at epoch ${epoch}: ${there.operation} bound it since, at epoch ${there.epoch}`,
    { found: there },
  );
}

function bound(record: BindingRecord, found: BindingRecord): Failure {
  const { system, datastore, epoch, operation } = record;
  return new Failure(
    'WorldChanged',
    `binding ${system}/${datastore} for ${operation}: ${found.operation} bound it elsewhere at the same epoch ${epoch}; look at both`,
    { expected: record, found },
  );
}

function folderOf({ system, datastore }: { system: string; datastore: string }): string {
  return `${system}/_bindings/${datastore}/`;
}
