// What became of each notice, in the object store: `_notices/<run>/<SHA-256 of the key>.json`, put once, so that what
// was delivered is not sent again by an activity that is tried again, by this worker or another. Between a delivery and
// its note a crash leaves a gap: then it is sent twice, never not at all.
import { z } from 'zod';
import type { Delivery } from '../../ports/notify.ts';
import type { ObjectsPort } from '../../ports/objects.ts';
import { digestOf } from '../../domain/digest.ts';
import { parsedJson } from '../../domain/json.ts';
import { encodeName } from '../encode-name.ts';
import { jsonBytes, putOnce, readText, UNDISTURBED } from '../json-objects.ts';

const noteSchema = z.object({
  key: z.string(),
  delivery: z.union([
    z.object({ delivered: z.literal(true) }),
    z.object({ delivered: z.literal(false), reason: z.string() }),
  ]),
});

export interface Deliveries {
  find(key: string): Promise<Delivery | undefined>;
  /** Keeps what became of the notice of this key; what is kept already stays. */
  note(key: string, delivery: Delivery): Promise<void>;
}

export function createDeliveries(objects: Pick<ObjectsPort, 'get' | 'put'>): Deliveries {
  return {
    find: async (key) => {
      const text = await readText(objects, objectOf(key), UNDISTURBED);
      const found = noteSchema.safeParse(parsedJson(text ?? '')).data;
      return found?.key === key ? found.delivery : undefined;
    },
    note: async (key, delivery) => {
      const note = { key, delivery, at: new Date().toISOString() };
      await putOnce(objects, { key: objectOf(key), body: jsonBytes(note) }, UNDISTURBED);
    },
  };
}

/** Where the notes lie, each in the folder of its run. */
export const NOTES = '_notices/';

/** Keys of notices begin with the id of their run. */
function objectOf(key: string): string {
  return `${NOTES}${encodeName(key.split('/')[0] ?? '')}/${digestOf(key)}.json`;
}
