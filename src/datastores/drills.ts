// Records of drills in the object store, beside the backups they proved: `<system>/_drills/YYYY/MM/<time>-<run>.json`. No
// datastore is called `_drills`. Nothing is overwritten, so a record cannot be made better afterwards.
import { z } from 'zod';
import type { ObjectsPort } from '../ports/objects.ts';
import type { DrillsPort } from '../ports/drills.ts';
import type { DrillRecord } from '../domain/recovery/drill-record.ts';
import { Failure } from '../domain/failure.ts';
import { runName } from '../domain/text/names.ts';
import { jsonBytes, readJson } from '../integrations/json-objects.ts';

const moment = z.iso.datetime();
const span = z.number().min(0).nullable();

const recordSchema: z.ZodType<DrillRecord> = z.object({
  schema: z.literal('fairlead/drill/v1'),
  system: z.string(),
  operation: z.string(),
  workflowId: z.string(),
  runId: z.string(),
  outcome: z.enum([
    ...['succeeded', 'nothingToDo', 'planned', 'rolledBack', 'failed', 'rejected', 'expired'],
    ...['aborted', 'preempted', 'refused', 'inconclusive', 'interrupted'],
  ] as DrillRecord['outcome'][]),
  verdict: z.enum(['pass', 'fail', 'inconclusive']).nullable(),
  reason: z.string(),
  startedAt: moment,
  endedAt: moment,
  rtoMs: span,
  rpoMs: span,
  backups: z.array(z.string()),
  shape: z.record(z.string(), z.string()),
  engine: z.record(z.string(), z.string()),
  evidenceHead: z.string().nullable(),
});

/** A record is a few lines; more than this is none. */
const LONGEST = 1024 * 1024;

export function createDrills(objects: ObjectsPort): DrillsPort {
  return {
    put: async (record, waiting) => {
      const body = jsonBytes(recordSchema.parse(record));
      try {
        await objects.put({ key: keyOf(record), body }, waiting);
      } catch (error) {
        // Tried again: what is there is of the same run.
        if (!(error instanceof Failure && error.kind === 'Refused')) throw error;
      }
    },
    list: async ({ system, most }, waiting) => {
      const infos = await objects.list(`${system}/_drills/`);
      const records: DrillRecord[] = [];
      for (const { key } of infos.reverse()) {
        waiting.signal.throwIfAborted();
        if (records.length >= most) break;
        const read = await readJson(objects, { key, longest: LONGEST }, recordSchema, waiting);
        if ('value' in read && read.value.system === system) records.push(read.value);
      }
      return records;
    },
  };
}

/** The key of a drill's record: keys sort by when the drills began. */
function keyOf({ system, startedAt, runId }: DrillRecord): string {
  const time = new Date(startedAt).toISOString().replaceAll(/[-:]/g, '');
  return `${system}/_drills/${time.slice(0, 4)}/${time.slice(4, 6)}/${time}-${runName(runId)}.json`;
}
