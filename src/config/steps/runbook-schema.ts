// The shape of systems/<name>/runbooks/<runbook>.yaml: a runbook of steps. What one step says about another (ids that are
// there, options that lead somewhere) is checked in runbook-rules.ts.
import { z } from 'zod';
import { duration, name, someTime } from '../terms.ts';
import {
  change,
  checkSchema,
  doSchema,
  filled,
  lookSchema,
  prose,
  scalar,
  stepId,
} from './ask-schema.ts';

const undoSchema = z.union([z.string().min(1).max(2000), z.strictObject(change)]).meta({
  description: 'a map with command, http or query, a text of what a person does, or none',
});

const of = filled('the name of a service');
const waitForWindow = z.exactOptional(z.boolean()).meta({
  meaning: 'Waits for a change window instead of being refused outside of one.',
});
const operationSchema = z.strictObject({
  deploy: z
    .exactOptional(
      z.strictObject({
        service: of,
        version: filled('a version'),
        strategy: z.exactOptional(z.enum(['canary', 'blue-green'])),
        autoPromote: z.exactOptional(z.boolean()),
        initialWeight: z.exactOptional(filled('a percentage')),
        waitForWindow,
      }),
    )
    .meta({ meaning: 'A deploy, the way the system file says.' }),
  rollback: z
    .exactOptional(
      z.strictObject({
        service: of,
        to: z.exactOptional(filled('a version')),
        revision: z.exactOptional(filled('the id of a revision')),
      }),
    )
    .meta({ meaning: 'Back to what users were on before, or to a version.' }),
  scale: z
    .exactOptional(
      z.strictObject({
        service: of,
        replicas: filled('a whole number from 0 to 64'),
        waitForWindow,
      }),
    )
    .meta({ meaning: 'As many replicas.' }),
  restart: z
    .exactOptional(z.strictObject({ service: of, waitForWindow }))
    .meta({ meaning: 'Every replica anew.' }),
  stop: z
    .exactOptional(z.strictObject({ service: z.exactOptional(of) }))
    .meta({ meaning: 'Users are kept out.' }),
  admit: z
    .exactOptional(
      z.strictObject({
        service: z.exactOptional(of),
        percent: z.exactOptional(filled('a percentage from 0 to 100')),
      }),
    )
    .meta({ meaning: 'Users are let in again.' }),
  backup: z
    .exactOptional(z.strictObject({ datastore: z.exactOptional(filled('a datastore')) }))
    .meta({ meaning: 'A backup.' }),
  verify: z
    .exactOptional(
      z.strictObject({
        datastore: z.exactOptional(filled('a datastore')),
        backup: z.exactOptional(filled('the id of a backup')),
      }),
    )
    .meta({ meaning: 'The newest backup of a datastore, or the one that is named, is proved.' }),
  drill: z.exactOptional(z.strictObject({})).meta({ meaning: 'A recovery is rehearsed.' }),
});

const waitSchema = z.strictObject({
  for: z.exactOptional(duration).meta({ meaning: 'Only time.', example: '30s' }),
  until: z.exactOptional(checkSchema).meta({ meaning: 'Until this check passes.' }),
  every: someTime.default(5_000).meta({ meaning: 'How often it is asked.', example: '2s' }),
  atMost: z
    .exactOptional(someTime)
    .meta({ meaning: 'How long it may take (until).', example: '5m' }),
});

export const stepSchema = z.strictObject({
  id: stepId.meta({ meaning: 'What it is called in status, report and messages.' }),
  look: z.exactOptional(lookSchema).meta({
    meaning: 'Brings something into the record and changes nothing.',
    example: { command: ['df', '-h'] },
  }),
  do: z.exactOptional(doSchema).meta({
    meaning: 'A change. Needs `check` and `undo`, or says that there is none, and why.',
  }),
  manual: z.exactOptional(prose).meta({
    meaning: 'What a person does, and ticks.',
    example: 'Tell the ops channel',
  }),
  choose: z
    .exactOptional(
      z.strictObject({
        question: prose.meta({ meaning: 'What a person decides.', example: 'What is it?' }),
        options: z
          .record(stepId, z.array(stepId))
          .meta({ meaning: 'By answer, the later steps that are done only then.' }),
      }),
    )
    .meta({ meaning: 'A person says which way. What is not chosen is passed over.' }),
  operation: z.exactOptional(operationSchema).meta({
    meaning: 'Another operation, with a record of its own.',
    example: { rollback: { service: 'api' } },
  }),
  wait: z.exactOptional(waitSchema).meta({
    meaning: 'Time passes, or something comes true.',
    example: { for: '30s' },
  }),
  tell: z
    .exactOptional(
      z.strictObject({
        channel: name.meta({ meaning: 'One of `notify`.', example: 'ops' }),
        text: prose.meta({ meaning: 'What is told.' }),
      }),
    )
    .meta({ meaning: 'Tells people.' }),
  parallel: z
    .exactOptional(
      z
        .array(z.strictObject({ id: stepId, look: lookSchema }))
        .min(1)
        .max(20),
    )
    .meta({ meaning: 'Several looks side by side.' }),
  when: z.exactOptional(checkSchema).meta({
    meaning: 'Only if this check passes; else the step is passed over.',
  }),
  approval: z.exactOptional(name).meta({
    meaning: 'One of `approvals`: people are asked before the step.',
    example: 'promote',
  }),
  timeout: z.exactOptional(someTime).meta({
    meaning: 'How long a command, a request or a query may take: 30s for a look, 5m for a do.',
    example: '2m',
  }),
  onFailure: z.exactOptional(z.enum(['ask', 'undo', 'continue'])).meta({
    meaning:
      'What a failure leads to: a person is asked (without it), all is undone, or it goes on.',
    example: 'undo',
  }),
  undo: z.exactOptional(undoSchema).meta({
    meaning: 'How a do or a manual step is taken back, or `none`, with why beside it.',
    example: { command: ['rm', '-f', '/srv/flag'] },
  }),
  why: z.exactOptional(prose).meta({
    meaning: 'Why there is no undo.',
    example: 'a query cannot be un-killed',
  }),
});

const inputSchema = z.strictObject({
  type: z.enum(['text', 'integer', 'number', 'boolean']).default('text').meta({
    meaning: 'What it is.',
    example: 'integer',
  }),
  description: z.exactOptional(prose).meta({ meaning: 'What it is for.' }),
  default: z
    .exactOptional(scalar)
    .meta({ meaning: 'Where nothing is given; without it, it has to be given.', example: 10 }),
  allowed: z
    .exactOptional(z.array(scalar).min(1))
    .meta({ meaning: 'What it may be, where only some values are.', example: ['low', 'high'] }),
});

export const runbookSchema = z.strictObject({
  title: prose.meta({ meaning: 'What it is for, in a few words.', example: 'High error rate' }),
  description: z.exactOptional(prose).meta({ meaning: 'More of it, for people.' }),
  inputs: z
    .record(stepId, inputSchema)
    .prefault({})
    .meta({ meaning: 'What may be given with --input, as {{inputs.NAME}} in steps.' }),
  leases: z
    .array(name)
    .prefault([])
    .meta({
      meaning:
        'The services and datastores that it changes; taken at its first change. None: it only looks.',
      example: ['api'],
    }),
  steps: z.array(stepSchema).min(1).max(200).meta({ meaning: 'From top to bottom.' }),
});

export type StepsRunbook = z.output<typeof runbookSchema>;
export type Step = StepsRunbook['steps'][number];
export type StepInput = StepsRunbook['inputs'][string];
export type Look = z.output<typeof lookSchema>;
export type StepQuery = NonNullable<Look['query']>;
export type StepCheck = z.output<typeof checkSchema>;
export type StepChange = NonNullable<Exclude<Step['undo'], string>>;
