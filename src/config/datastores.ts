// The section `datastores:` of a system file: what holds data, how it is backed up and proved, and what these values must
// be to each other. How a kind is reached, and what it can do, is in that kind's settings.ts.
import { z } from 'zod';
import { RUNGS } from '../domain/backup/rungs.ts';
import { durationText } from '../domain/text/duration-text.ts';
import { fieldsOf, kindIn, type DatastoreSettings } from './kind-settings.ts';
import { DATASTORES, type DatastoreKind } from './kinds.ts';
import { listed, shown } from './reading/wording.ts';
import { remarksIn, repeatsIn, under, type Remark } from './remark.ts';
import { httpPath, name, secret, someTime, text } from './terms.ts';

const recipient = text(/^age1[a-z0-9]{20,4000}$/, 'a public key of age, beginning with age1');

const encryption = z.strictObject({
  recipients: z
    .array(recipient)
    .min(2)
    .meta({
      description: 'a list of at least two public keys of age',
      meaning:
        'Whose keys can read the backups. Any one is enough: two, so that a lost key is not a lost backup.',
      example: [
        'age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p',
        'age1lggyhqrw2nlhcxprm67z43rta597azn8gknawjehu9d9dl0jq3yqqvfafg',
      ],
    }),
  identity: z.exactOptional(secret).meta({
    meaning: 'The private key that restores read with; making backups needs none.',
    example: { file: '/etc/fairlead/age.key' },
  }),
});

const question = (answer: string) =>
  z
    .string()
    .min(1)
    .max(8192)
    .meta({ description: `a query that gives one ${answer}` });

const backup = z.strictObject({
  interval: someTime
    .prefault('24h')
    .meta({ meaning: 'How often a backup is made, where `schedules` does not say.' }),
  duration: someTime.prefault('10m').meta({
    meaning:
      'How long one takes at most; `check` adds it to the time between two and compares with rpo.',
  }),
  rpo: someTime.prefault('36h').meta({
    meaning:
      'The most that may be lost, as a time: the age of the newest backup that is still fine.',
  }),
  retention: z
    .strictObject({
      days: z
        .number()
        .int()
        .min(1)
        .max(3650)
        .default(90)
        .meta({ meaning: 'A backup is kept for so many days.' }),
      count: z
        .number()
        .int()
        .min(1)
        .max(10_000)
        .default(7)
        .meta({ meaning: 'The newest so many are kept however old they are.' }),
    })
    .prefault({})
    .meta({ meaning: 'What is kept; the rest is removed after each backup.' }),
  compression: z
    .enum(['none', 'gzip'])
    .default('none')
    .meta({ meaning: 'How backups are made smaller.' }),
  encryption: z
    .exactOptional(encryption)
    .meta({ meaning: 'Backups encrypted with age (https://age-encryption.org).' }),
});

/** A query that has one value on a copy that is sane. */
const invariant = z.strictObject({
  name: name.meta({ meaning: 'What it is called in output and reports.', example: 'open-orders' }),
  query: question('value').meta({
    meaning: 'What is asked of the copy.',
    example: 'SELECT count(*) FROM orders',
  }),
  equals: z.exactOptional(z.string()).meta({
    meaning: 'The answer has to be this text. An invariant has equals, or min, max or both.',
    example: '0',
  }),
  min: z
    .exactOptional(z.number())
    .meta({ meaning: 'The answer has to be at least this.', example: 1 }),
  max: z
    .exactOptional(z.number())
    .meta({ meaning: 'The answer has to be at most this.', example: 1000000 }),
});

/** How old a copy is, measured from what it holds itself; without any of it, the point is the range of the backup. */
const recoveryPoint = z.strictObject({
  canary: z
    .exactOptional(
      z.strictObject({
        interval: someTime.prefault('1m').meta({ meaning: 'How often a record is written.' }),
        keep: z
          .number()
          .int()
          .min(10)
          .max(100_000)
          .default(1000)
          .meta({ meaning: 'How many records are kept; the oldest is written over.' }),
      }),
    )
    .meta({
      meaning:
        'Numbered records that Fairlead writes into the live datastore, in a table or a file of its own.',
    }),
  watermark: z
    .exactOptional(
      z.strictObject({
        query: question('time').meta({
          meaning: 'When the last thing happened that the business knows of.',
          example: 'SELECT max(placed_at) FROM orders',
        }),
      }),
    )
    .meta({ meaning: 'A time that the data itself knows.' }),
});

/** Asked of a service, to fill a derived datastore; each has to answer with 2xx. */
const warm = z.strictObject({
  service: name.meta({ meaning: 'The service that is asked.', example: 'api' }),
  http: httpPath('/api/products').meta({
    meaning: 'What it is asked for; it has to answer with 200 to 299.',
    example: '/api/products',
  }),
  timeout: someTime.prefault('30s').meta({ meaning: 'How long that may take.' }),
});

export const datastoreSchema = z.strictObject({
  kind: kindIn(DATASTORES).meta({ meaning: 'What it is.', example: 'postgres' }),
  description: z
    .exactOptional(z.string())
    .meta({ meaning: 'A sentence for people.', example: 'What was ordered.' }),
  role: z.enum(['primary', 'derived']).default('primary').meta({
    meaning: 'derived: a cache or an index, made anew from a primary one and never restored.',
  }),
  ...fieldsOf(DATASTORES),
  backup: backup.prefault({}).meta({ meaning: 'How often it is backed up, and what may be lost.' }),
  verify: z
    .strictObject({
      required: z
        .array(z.enum(RUNGS))
        .min(1)
        .default(['artefact', 'loads', 'complete', 'correct'])
        .meta({
          meaning:
            'The checks that a restored copy has to pass before a backup counts as verified.',
        }),
      invariants: z
        .array(invariant)
        .prefault([])
        .meta({ meaning: 'Queries that have one known answer on a copy that is sane.' }),
    })
    .prefault({})
    .meta({ meaning: 'How a backup is proved: restored into a copy, and judged.' }),
  recoveryPoint: z
    .exactOptional(recoveryPoint)
    .meta({ meaning: 'How old a copy is, by what it holds itself.' }),
  warm: z
    .exactOptional(
      z.array(warm).min(1).meta({ description: 'a list of at least one {service, http, ...}' }),
    )
    .meta({ meaning: 'What fills a derived datastore after it was emptied.' }),
});

export type Datastore = z.output<typeof datastoreSchema>;
export type Invariant = Datastore['verify']['invariants'][number];

/** What a schedule can do; more often serves nobody. */
const SHORTEST_HEARTBEAT_MS = 1_000;

/** `folders`: the system's own folder first, then those of its bases. */
export function datastoreRemarks(
  name: string,
  store: Datastore,
  { serviceNames, folders }: { serviceNames: readonly string[]; folders: readonly string[] },
): Remark[] {
  // A lease is named by the system and by the service or the datastore.
  const shared = `${shown(name)} is the name of a service too, and one of them would hold the other's lease; give the datastore another`;
  return [
    ...remarksIn([[serviceNames.includes(name), [], shared]]),
    ...fieldRemarks(store),
    ...(settingsOf(store).remarks?.(store, folders) ?? []),
    ...recipientRemarks(store),
    ...under(['verify', 'invariants'], invariantRemarks(store)),
    ...under(['recoveryPoint'], recoveryPointRemarks(store)),
  ];
}

function settingsOf({ kind }: Datastore): DatastoreSettings<Datastore> {
  return DATASTORES[kind];
}

/** What its kind needs is there, and what only other kinds take is not. */
function fieldRemarks(store: Datastore): Remark[] {
  const { fields, needs } = settingsOf(store);
  const takes = [...new Set([...needs, ...Object.keys(fields)])];
  const strange = Object.keys(fieldsOf(DATASTORES)).filter((field) => !takes.includes(field));
  const missing = `is missing; a datastore of kind ${store.kind} needs ${listed(needs)}`;
  const idle = `means nothing for a datastore of kind ${store.kind}, which takes ${listed(takes)}; remove it`;
  return [
    ...remarksIn(needs.map((field) => [!Object.hasOwn(store, field), [field], missing])),
    ...remarksIn(strange.map((field) => [Object.hasOwn(store, field), [field], idle])),
  ];
}

function recipientRemarks({ backup: { encryption } }: Datastore): Remark[] {
  const message = 'is there twice; a second recipient is for the day on which the first is lost';
  return repeatsIn(encryption?.recipients ?? []).map((index) => ({
    path: ['backup', 'encryption', 'recipients', index],
    message,
  }));
}

function noQueries(kind: DatastoreKind): string {
  return `a datastore of kind ${kind} answers no queries yet; remove it`;
}

function invariantRemarks({ kind, verify: { invariants } }: Datastore): Remark[] {
  const { queries } = DATASTORES[kind].capabilities;
  const repeats = repeatsIn(invariants.map(({ name: one }) => one));
  return invariants.flatMap(({ name: one, equals, min, max }, index) => {
    const hasRange = min !== undefined || max !== undefined;
    return remarksIn([
      [!queries, [index, 'query'], noQueries(kind)],
      [
        (equals !== undefined) === hasRange,
        [index],
        'says nothing about the value, or two things; write equals, or min, max, both',
      ],
      [
        repeats.includes(index),
        [index, 'name'],
        `${shown(one)} names two invariants; give each its own name`,
      ],
    ]);
  });
}

function recoveryPointRemarks({ kind, backup, recoveryPoint = {} }: Datastore): Remark[] {
  const { canary: heartbeat, watermark } = recoveryPoint;
  const { heartbeats, queries } = DATASTORES[kind].capabilities;
  const interval = heartbeat?.interval ?? SHORTEST_HEARTBEAT_MS;
  return remarksIn([
    [
      heartbeat !== undefined && !heartbeats,
      ['canary'],
      `a datastore of kind ${kind} takes no canary records; remove it`,
    ],
    [
      interval < SHORTEST_HEARTBEAT_MS,
      ['canary', 'interval'],
      `${durationText(interval)} is not allowed; write a second or more: a schedule writes the records`,
    ],
    [
      heartbeat !== undefined && interval >= backup.rpo,
      ['canary', 'interval'],
      'is not shorter than rpo: every copy would look older than what may be lost; write records more often',
    ],
    [watermark !== undefined && !queries, ['watermark', 'query'], noQueries(kind)],
  ]);
}
