// Evidence in the object store, so that all workers of one store see and add to the same records. What an activity adds
// is put once under the number of its first entry: two writers of one entry meet there, and the store refuses the
// second. Where it lies: evidence-reading.ts.
import { z } from 'zod';
import type { EvidencePort } from '../ports/evidence.ts';
import type { ObjectRemovalPort, ObjectsPort } from '../ports/objects.ts';
import type { RunRef } from '../domain/operation/operation.ts';
import type { EvidenceEntry } from '../domain/record/evidence.ts';
import type { SignedHead } from '../domain/record/evidence-chain.ts';
import { Failure } from '../domain/failure.ts';
import { parsedJson } from '../domain/json.ts';
import type { EarlierEvidence } from './earlier-evidence.ts';
import {
  createRecordReader,
  partOf,
  partsOf,
  recordOf,
  signatureOf,
  wholeOf,
} from './evidence-reading.ts';
import type { RunIndex } from './records/run-index.ts';
import { infoOf, putInstead, putOnce, readText, textBytes, UNDISTURBED } from './json-objects.ts';

type RecordObjects = ObjectsPort & Pick<ObjectRemovalPort, 'remove'>;

/** Tries to append: at each one that is lost another activity of the run, or a worker that was frozen, was first. */
const ATTEMPTS = 20;

const signatureSchema = z.object({
  schema: z.literal('fairlead/signature/v1'),
  head: z.string(),
  signature: z.string(),
  publicKey: z.string(),
});

/** With an `index`, each record that is opened or sealed is entered there. */
export function createEvidence(
  objects: RecordObjects,
  earlier: EarlierEvidence,
  index?: RunIndex,
): EvidencePort {
  const read = createRecordReader(objects, earlier);
  return {
    append: async (run, entries) => {
      for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
        const kept = await read(run);
        const missing = entries.filter((entry) => entry.seq >= kept.entries.length);
        checkFits(recordOf(run), kept.entries, missing);
        if (missing.length === 0) return;
        // Before the record: one that is not in the index was not begun by Fairlead.
        if (kept.entries.length === 0)
          await index?.add({ what: 'opened', ...namesOf(run), head: null });
        const all = [...kept.entries, ...missing];
        // What an earlier release began goes on here, whole.
        const isAdded = await addPart(objects, run, kept.as === 'earlier' ? all : missing);
        if (isAdded && all.at(-1)?.type === 'closed') await makeWhole(objects, run, all);
        if (isAdded) return;
      }
      throw new Failure(
        'Broken',
        `adding to ${recordOf(run)}: there is an object under the name of the next entry, and none of its entries can be read. Bring it back from a backup, or move it away.`,
      );
    },
    read: async (run) => (await read(run)).entries,
    keepSignature: async (run, signed) => {
      await putInstead(objects, {
        key: signatureOf(run),
        value: { schema: 'fairlead/signature/v1', ...signed },
      });
      await index?.add({ what: 'sealed', ...namesOf(run), head: signed.head });
    },
    signature: async (run) =>
      signatureIn(
        (await readText(objects, signatureOf(run), UNDISTURBED)) ?? (await earlier.signature(run)),
      ),
  };
}

function namesOf({ workflowId, runId }: RunRef) {
  return { workflowId, runId };
}

/** What cannot be read is as good as none, and is made anew. */
function signatureIn(text: string): SignedHead | undefined {
  const { data } = signatureSchema.safeParse(parsedJson(text));
  return data && { head: data.head, signature: data.signature, publicKey: data.publicKey };
}

/** False when somebody else was first, or closed the record since it was read. */
async function addPart(
  objects: RecordObjects,
  run: RunRef,
  entries: readonly EvidenceEntry[],
): Promise<boolean> {
  const key = partOf(run, entries);
  if (!(await putOnce(objects, { key, body: linesOf(entries) }, UNDISTURBED))) return false;
  // Closing a record removes its parts, which frees their names.
  if ((await infoOf(objects, wholeOf(run))) === undefined) return true;
  const mine = await infoOf(objects, key);
  if (mine !== undefined) await objects.remove(mine);
  return false;
}

/** Puts one object in place of the parts of a record. The record is complete without it, so what fails here is left for later. */
async function makeWhole(
  objects: RecordObjects,
  run: RunRef,
  entries: readonly EvidenceEntry[],
): Promise<void> {
  try {
    await putOnce(objects, { key: wholeOf(run), body: linesOf(entries) }, UNDISTURBED);
    for (const part of await objects.list(partsOf(run))) await objects.remove(part);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
  }
}

function linesOf(entries: readonly EvidenceEntry[]) {
  return textBytes(entries.map((entry) => `${JSON.stringify(entry)}\n`).join(''));
}

/**
 * What is added has to follow what is there. A run that somebody else sealed or wrote takes nothing more; where
 * entries are gone, nobody took over: the operation takes back what it did, and its seal writes all of them anew.
 */
function checkFits(
  record: string,
  known: readonly EvidenceEntry[],
  missing: readonly EvidenceEntry[],
): void {
  let last = known.at(-1);
  for (const entry of missing) {
    const next = last === undefined ? 0 : last.seq + 1;
    if (entry.seq !== next && last?.type !== 'closed') {
      throw new Failure(
        'Broken',
        `adding entry ${entry.seq} (${entry.type}) to ${record}: entries ${next} to ${entry.seq - 1} are not there any more. They were removed or cut while their operation ran; keep whatever cleans up away from the object store. The whole record is written anew when the operation ends.`,
      );
    }
    if (entry.seq !== next || (last && entry.prev !== last.hash)) {
      const there = last === undefined ? 'nothing' : `entry ${last.seq} (${last.type})`;
      throw new Failure(
        'Superseded',
        `adding entry ${entry.seq} (${entry.type}) to ${record}: it does not follow ${there}, the last one there. Somebody else wrote or sealed the record of this run; read it with "fairlead report".`,
      );
    }
    last = entry;
  }
}
