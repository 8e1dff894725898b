// What a system file says of a datastore of kind mongodb, one database of a server, and what this kind can do.
import { z } from 'zod';
import type { DatastoreSettings } from '../../config/kind-settings.ts';
import { database, server, shortName } from '../../config/terms.ts';
import { remarksIn, type Remark } from '../../config/remark.ts';

const name = z.string().min(1);
const documents = z.looseObject({});

/** A question to a copy, as a command of MongoDB in its Extended JSON: it reads, and its answer is one value. */
export const questionSchema = z.union([
  z.strictObject({ count: name, query: z.exactOptional(documents) }),
  z.strictObject({
    find: name,
    filter: z.exactOptional(documents),
    sort: z.exactOptional(documents),
    projection: z.exactOptional(documents),
    limit: z.exactOptional(z.literal(1)),
  }),
  z.strictObject({ aggregate: name, pipeline: z.array(documents) }),
]);

const FORM =
  'is no question to MongoDB: write {"count": COLLECTION, "query": {...}}, {"find": COLLECTION, "filter": {...}, "sort": {...}, "projection": {...}, "limit": 1} or {"aggregate": COLLECTION, "pipeline": [...]}, as JSON';
const WRITES = 'writes: $out and $merge are for no question';

/** What is wrong with a question, as the end of a sentence; undefined for one that can be asked. */
export function questionProblem(query: string): string | undefined {
  const question = questionSchema.safeParse(parsed(query)).data;
  if (question === undefined) return FORM;
  const stages = 'pipeline' in question ? question.pipeline.flatMap(Object.keys) : [];
  return stages.some((stage) => ['$out', '$merge'].includes(stage)) ? WRITES : undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What MongoDB takes in no name of a database, and its tools take for a pattern. */
const NOT_IN_NAMES = /[/\\. "$*<>:|?\0]/;

interface Asking {
  database?: string;
  verify: { invariants: readonly { query: string }[] };
  recoveryPoint?: { watermark?: { query: string } };
}

function remarks(store: Asking): Remark[] {
  const odd = NOT_IN_NAMES.test(store.database ?? '');
  const message = 'is no name of a database: leave out / \\ . " $ * < > : | ? and spaces';
  return [...remarksIn([[odd, ['database'], message]]), ...questionRemarks(store)];
}

function questionRemarks({ verify, recoveryPoint }: Asking): Remark[] {
  const watermark = recoveryPoint?.watermark?.query;
  const asked: { path: Remark['path']; query: string }[] = verify.invariants.map(
    ({ query }, index) => ({ path: ['verify', 'invariants', index, 'query'], query }),
  );
  if (watermark !== undefined) {
    asked.push({ path: ['recoveryPoint', 'watermark', 'query'], query: watermark });
  }
  return asked.flatMap(({ path, query }) => {
    const problem = questionProblem(query);
    return remarksIn([[problem !== undefined, path, problem ?? '']]);
  });
}

export const mongodb = {
  fields: {
    ...server,
    database,
    loginDatabase: z.exactOptional(shortName).meta({
      meaning: 'mongodb: the database that user is known in; without it admin.',
      example: 'admin',
    }),
    replicaSet: z.exactOptional(shortName).meta({
      meaning:
        'mongodb: the name of the replica set that the server is a member of: its primary is looked for. Without it that one server is asked.',
      example: 'rs0',
    }),
    writeBlock: z.exactOptional(z.boolean()).meta({
      meaning:
        'mongodb: MongoDB 6.0 and newer: a recovery in the place of what is live blocks writes to **all databases of the cluster** until that was proved; without it only what is stopped is kept out.',
      example: true,
    }),
    tls: z
      .exactOptional(z.boolean())
      .meta({ meaning: 'mongodb: whether the server is reached over TLS.', example: true }),
  },
  needs: ['database'],
  remarks,
  capabilities: {
    queries: true,
    heartbeats: true,
    copyLogin: ['user', 'password', 'database'],
    counts: 'documents',
    exchange: 'binding',
    look: 'apart',
    place: ['host', 'port', 'database'],
    defaultPlace: { host: '127.0.0.1', port: 27_017 },
  },
} as const satisfies DatastoreSettings<Asking>;
