// What a system file says of a datastore of kind firestore, one database of a project, and what this kind can do.
import { z } from 'zod';
import type { DatastoreSettings } from '../../config/kind-settings.ts';
import { database, server, shortName } from '../../config/terms.ts';
import { remarksIn, type Remark } from '../../config/remark.ts';

/** Of a field of documents: any value of JSON, or one value with its type as in Firestore's REST API. */
const condition = z.tuple([
  z.string().min(1),
  z.enum(['==', '!=', '<', '<=', '>', '>=', 'in', 'not-in', 'array-contains']),
  z.json(),
]);

const asked = { where: z.exactOptional(z.array(condition)) };

/** A question to a copy: it reads, and its answer is one value. What is asked is a collection group, wherever it lies. */
export const questionSchema = z.union([
  z.strictObject({ count: z.string().min(1), ...asked }),
  z.strictObject({ sum: z.string().min(1), field: z.string().min(1), ...asked }),
  z.strictObject({ average: z.string().min(1), field: z.string().min(1), ...asked }),
  z.strictObject({ newest: z.string().min(1), field: z.string().min(1), ...asked }),
]);

const FORM =
  'is no question to Firestore: write {"count": COLLECTION}, or {"sum" or "average" or "newest": COLLECTION, "field": FIELD}, each with "where": [[FIELD, "==", VALUE], ...] if it is not about all, as JSON';

/** What is wrong with a question, as the end of a sentence; undefined for one that can be asked. */
export function questionProblem(query: string): string | undefined {
  return questionSchema.safeParse(parsed(query)).success ? undefined : FORM;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const PROJECT = /^(?:[a-z0-9.-]+:)?[a-z0-9-]{1,63}$/;
const DATABASE = /^(?:\(default\)|[a-z][a-z0-9-]{1,61}[a-z0-9])$/;

interface Asking {
  project?: string;
  database?: string;
  host?: string;
  port?: number;
  verify: { invariants: readonly { query: string }[] };
  recoveryPoint?: { watermark?: { query: string } };
}

function remarks(store: Asking): Remark[] {
  const { project = 'project', database: named = '(default)', verify, recoveryPoint } = store;
  const watermark = recoveryPoint?.watermark?.query;
  const questions: { path: Remark['path']; query: string }[] = [
    ...verify.invariants.map(({ query }, index) => ({
      path: ['verify', 'invariants', index, 'query'],
      query,
    })),
    ...(watermark === undefined
      ? []
      : [{ path: ['recoveryPoint', 'watermark', 'query'], query: watermark }]),
  ];
  return [
    ...remarksIn([
      [
        !PROJECT.test(project),
        ['project'],
        'is no id of a project: write small letters, digits, hyphens',
      ],
      [
        !DATABASE.test(named),
        ['database'],
        'is no id of a database: write (default), or 3 to 63 small letters, digits and hyphens, a letter first',
      ],
      [
        store.port !== undefined && store.host === undefined,
        ['port'],
        'goes with host, which names an emulator',
      ],
    ]),
    ...questions.flatMap(({ path, query }) => {
      const problem = questionProblem(query);
      return remarksIn([[problem !== undefined, path, problem ?? '']]);
    }),
  ];
}

export const firestore = {
  fields: {
    host: server.host,
    port: server.port,
    database,
    project: z.exactOptional(shortName).meta({
      meaning: 'firestore: the id of the project that has the database.',
      example: 'shop-prod',
    }),
    pointInTimeRecovery: z.exactOptional(z.boolean()).meta({
      meaning:
        'firestore: whether the database keeps what it was for seven days. A backup is then of a whole minute, and may take longer than an hour.',
      example: true,
    }),
  },
  needs: ['project'],
  remarks,
  capabilities: {
    queries: true,
    heartbeats: true,
    copyLogin: ['database'],
    counts: 'documents',
    exchange: 'binding',
    look: 'apart',
    place: ['host', 'port', 'database'],
    defaultPlace: { host: 'firestore.googleapis.com', port: 443, database: '(default)' },
  },
} as const satisfies DatastoreSettings<Asking>;
