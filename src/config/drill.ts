// The section `drill:` of a system file: how long a recovery may take, what is started on the copies, and what is asked
// of it. What the names in it must be is in drill-rules.ts.
import { z } from 'zod';
import { VERSION, VERSION_ALLOWED } from '../domain/text/names.ts';
import { httpPath, name, someTime, text, variable } from './terms.ts';

/** A setting of a service in a drill. It is no secret: what a drill is given stands in its plan. */
const value = z
  .union([z.string(), z.number(), z.boolean()])
  .meta({ description: 'a text, a number, true or false; no secret, which a drill is not given' });

/** Asked of a service that runs on a copy. */
const golden = z.strictObject({
  service: name.meta({ meaning: 'The service that is asked.', example: 'api' }),
  name: name.meta({
    meaning: 'What the question is called in output and reports.',
    example: 'first-order',
  }),
  http: httpPath('/api/orders/1').meta({
    meaning: 'What is asked for with GET.',
    example: '/api/orders/1',
  }),
  status: z
    .number()
    .int()
    .min(100)
    .max(599)
    .default(200)
    .meta({ meaning: 'The status that the answer has to have.' }),
  contains: z
    .exactOptional(z.string().min(1))
    .meta({ meaning: 'A text that the answer has to contain.', example: 'outstanding' }),
  timeout: someTime.prefault('5s').meta({ meaning: 'How long the answer may take.' }),
});

export const drillSchema = z.strictObject({
  rto: someTime.meta({
    meaning: 'The most that a recovery may take, waiting for people not counted.',
    example: '30m',
  }),
  every: someTime
    .prefault('30d')
    .meta({ meaning: 'How often it has to be shown; an older drill proves nothing.' }),
  services: z.exactOptional(z.array(name).min(1)).meta({
    meaning:
      'What is started on the copies; without it the services whose `datastores` name one that is restored.',
    example: ['api'],
  }),
  version: z.exactOptional(text(VERSION, VERSION_ALLOWED)).meta({
    meaning: 'The version that is started; without it what users are on now.',
    example: 'v2',
  }),
  configuration: z
    .record(name, z.record(variable, value))
    .prefault({})
    .meta({
      meaning:
        'By service: settings that are otherwise in a drill (mail, outbox, cron and webhooks off). {{copy.orders.password}} and its kin stand for what only a copy has.',
      example: { api: { SEND_MAIL: 'off', DATABASE_PASSWORD: '{{copy.orders.password}}' } },
    }),
  golden: z.array(golden).min(1).meta({
    description: 'a list of at least one {service, name, http, ...}',
    meaning: 'What the services on the copies are asked, with the answers that they have to give.',
  }),
});

export type Drill = z.output<typeof drillSchema>;
export type GoldenQuery = Drill['golden'][number];
