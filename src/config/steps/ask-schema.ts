// The shapes of what a step of a runbook asks, checks and changes.
import { z } from 'zod';
import { command, headerName, name, secret, setting, someTime, text, variable } from '../terms.ts';

/** Ids of steps are typed by people and end in names of gates. */
export const stepId = text(
  /^(?!constructor$)[a-z][a-z0-9-]{0,39}$/,
  'an id of 1 to 40 lower-case letters, digits and hyphens, a letter first',
);

export const prose = z.string().min(1).max(2000).meta({ description: 'a text for people' });
export const scalar = z
  .union([z.string().max(1000), z.number(), z.boolean()])
  .meta({ description: 'a text, a number, true or false' });
/** A value that may hold `{{inputs.name}}`. */
export const filled = (description: string) =>
  z.union([z.string().min(1), z.number()]).meta({ description });

const environment = z.exactOptional(z.record(variable, setting)).meta({
  meaning: 'What the command finds in its environment, beside PATH, HOME and LANG.',
  example: { PGPASSWORD: { env: 'ORDERS_PASSWORD' } },
});

const query = z.strictObject({
  datastore: name.meta({ meaning: 'Which datastore is asked.', example: 'orders' }),
  sql: z.string().min(1).max(20_000).meta({
    description: 'one statement of SQL, with $1, $2 for its values',
    meaning: 'What it is asked; inputs come in as values, never as a part of the text.',
    example: 'select pid, state, query from pg_stat_activity where pid <> $1',
  }),
  values: z.exactOptional(z.array(scalar).max(20)).meta({
    meaning: 'What $1, $2 stand for.',
    example: ['{{inputs.pid}}'],
  }),
  user: z.exactOptional(z.string().min(1).max(63)).meta({
    meaning: 'Who logs in for it: a role of its own that can do no more than it has to.',
    example: 'lookout',
  }),
  password: z.exactOptional(secret).meta({
    meaning: 'The password of user.',
    example: { env: 'LOOKOUT_PASSWORD' },
  }),
});

const address = text(
  /^(https?:\/\/\S+|\/(?!\/)\S*)$/,
  'an http(s) URL, or with service: a path such as /health',
);
const service = z
  .exactOptional(name)
  .meta({ meaning: 'The service that a path of http is on.', example: 'api' });

const asked = {
  command: z.exactOptional(command).meta({
    meaning: "The program and its arguments, started in the system's folder without a shell.",
    example: ['node', 'checks/errors.mjs', '{{inputs.minutes}}'],
  }),
  http: z.exactOptional(address).meta({ meaning: 'What is fetched.', example: '/health' }),
  service,
  query: z.exactOptional(query).meta({ meaning: 'What a datastore is asked, in SQL.' }),
  environment,
};

export const lookSchema = z.strictObject({
  ...asked,
  logs: z
    .exactOptional(
      z.strictObject({
        service: name.meta({ meaning: 'Whose logs are read.', example: 'api' }),
        lines: z.int().min(1).max(1000).default(100).meta({
          meaning: 'How many of the last lines.',
          example: 50,
        }),
      }),
    )
    .meta({ meaning: 'The last lines that the processes of a service said.' }),
  files: z
    .exactOptional(
      text(
        /^(?!\/)(?!(.*\/)?\.\.(\/|$))\S+$/,
        'a folder below that of the system, such as evidence',
      ),
    )
    .meta({
      meaning:
        'A folder whose files are kept whole in the object store; the record has their SHA-256.',
      example: 'evidence/{{inputs.case}}',
    }),
});

export const checkSchema = z
  .strictObject({
    ...asked,
    status: z.exactOptional(z.int().min(100).max(599)).meta({
      meaning: 'The status that http has to answer; without it 200.',
      example: 204,
    }),
    contains: z.exactOptional(z.string().min(1)).meta({
      meaning: 'A text that has to be in what comes back.',
      example: 'ok',
    }),
    timeout: someTime.default(30_000).meta({
      meaning: 'How long it may take.',
      example: '10s',
    }),
  })
  .meta({ description: 'a check: a map with command, http or query' });

const request = z.strictObject({
  method: z.enum(['POST', 'PUT', 'PATCH', 'DELETE']).default('POST').meta({
    meaning: 'How it is sent.',
    example: 'DELETE',
  }),
  url: address.meta({ meaning: 'Where it is sent.', example: 'https://cdn.example.com/purge' }),
  body: z.exactOptional(z.string().max(20_000)).meta({
    meaning: 'What is sent.',
    example: '{"all": true}',
  }),
  headers: z.exactOptional(z.record(headerName, setting)).meta({
    meaning: 'Sent along; secrets by reference.',
    example: { authorization: { env: 'CDN_TOKEN' } },
  }),
});

export const change = {
  command: asked.command,
  http: z.exactOptional(request).meta({ meaning: 'A request that changes something.' }),
  service,
  query: z.exactOptional(query).meta({ meaning: 'A statement of SQL that changes something.' }),
  environment,
};

export const doSchema = z.strictObject({
  ...change,
  check: z.exactOptional(
    z.union([checkSchema, z.literal('none')]).meta({
      description: 'a check (a map with command, http or query), or none, with why beside it',
      meaning: 'How one sees that it is done. It is asked first: what is done is not done again.',
      example: { command: ['test', '-f', '/srv/flag'] },
    }),
  ),
  why: z
    .exactOptional(prose)
    .meta({ meaning: 'Why there is no check.', example: 'touching twice is fine' }),
});
