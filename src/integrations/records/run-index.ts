// The index of runs in the object store: `_index/<number>.json`, put once each, so that two workers who write the same
// number meet there and one of them takes the next.
import { z } from 'zod';
import type { ObjectsPort } from '../../ports/objects.ts';
import type { SignerPort } from '../../ports/signer.ts';
import { Failure } from '../../domain/failure.ts';
import { parsedJson } from '../../domain/json.ts';
import {
  indexed,
  type IndexHead,
  type RunIndexBody,
  type RunIndexEntry,
} from '../../domain/record/run-index.ts';
import { jsonBytes, putOnce, readText, UNDISTURBED } from '../json-objects.ts';

const FOLDER = '_index/';
const ATTEMPTS = 100;
const hash = z.string().regex(/^[0-9a-f]{64}$/);

const entrySchema: z.ZodType<RunIndexEntry> = z.strictObject({
  schema: z.literal('fairlead/run-index/v1'),
  number: z.number().int().min(1),
  at: z.string(),
  prev: hash,
  what: z.enum(['opened', 'sealed']),
  workflowId: z.string(),
  runId: z.string(),
  head: hash.nullable(),
  hash,
  signature: z.string().nullable(),
  publicKey: z.string().nullable(),
});

export interface RunIndex {
  add(body: RunIndexBody): Promise<void>;
}

export function createRunIndex(
  objects: ObjectsPort,
  signer: SignerPort,
  now: () => number,
): RunIndex {
  let last: IndexHead | undefined;
  // One after the other: of those at once each would lose to the one before.
  let turn: Promise<unknown> = Promise.resolve();
  const add = async (body: RunIndexBody): Promise<void> => {
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      last ??= await newest(objects);
      const entry = indexed(last, new Date(now()).toISOString(), body);
      const signed = await signatureOf(signer, entry.hash);
      const value = { ...entry, ...signed };
      const put = { key: keyOf(entry.number), body: jsonBytes(value) };
      const isFirst = await putOnce(objects, put, UNDISTURBED);
      last = isFirst ? entry : await headAt(objects, entry.number);
      if (isFirst) return;
    }
    throw new Failure('Unavailable', 'adding to the index of runs: others were always first');
  };
  return {
    add: (body) => {
      const mine = turn.then(() => add(body));
      turn = mine.catch(() => undefined);
      return mine;
    },
  };
}

/** What cannot be signed is written all the same: `evidence verify` names it. */
async function signatureOf(signer: SignerPort, head: string) {
  if ((await signer.unable()) !== undefined) return { signature: null, publicKey: null };
  const { signature, publicKey } = await signer.sign(head);
  return { signature, publicKey };
}

function keyOf(number: number): string {
  return `${FOLDER}${String(number).padStart(9, '0')}.json`;
}

function numberIn(key: string): number {
  return Number(/^_index\/(\d{9})\.json$/.exec(key)?.[1] ?? 0);
}

async function newest(objects: ObjectsPort): Promise<IndexHead | undefined> {
  const listed = await objects.list(FOLDER);
  const number = listed.reduce((most, { key }) => Math.max(most, numberIn(key)), 0);
  return number === 0 ? undefined : headAt(objects, number);
}

/** Of an entry that cannot be read only the number counts: what follows shows it. */
async function headAt(objects: ObjectsPort, number: number): Promise<IndexHead> {
  const found = entrySchema.safeParse(
    parsedJson((await readText(objects, keyOf(number), UNDISTURBED)) ?? ''),
  );
  return found.success ? found.data : { number, hash: '0'.repeat(64) };
}

/** All entries that can be read, in their order, and the keys of those that cannot. */
export async function readRunIndex(
  objects: ObjectsPort,
): Promise<{ entries: RunIndexEntry[]; unreadable: string[] }> {
  const entries: RunIndexEntry[] = [];
  const unreadable: string[] = [];
  for (const { key } of await objects.list(FOLDER)) {
    const read = entrySchema.safeParse(
      parsedJson((await readText(objects, key, UNDISTURBED)) ?? ''),
    );
    if (read.success && read.data.number === numberIn(key)) entries.push(read.data);
    else unreadable.push(key);
  }
  return { entries, unreadable };
}
