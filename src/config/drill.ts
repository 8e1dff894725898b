// The section `drill:` of a system file: how long a recovery may take, what is started on the copies, and what is asked
// of it. What the names in it must be is in rules-drill.ts.
import { z } from 'zod';
import { VERSION, VERSION_ALLOWED } from '../domain/names.ts';
import { someTime } from './duration.ts';
import { name, text, variable } from './terms.ts';

/** Nothing secret: what a drill is given stands in its plan. */
const value = z
  .union([z.string(), z.number(), z.boolean()])
  .meta({ description: 'a text, a number, true or false; no secret, which a drill is not given' });

/** Asked of a service that runs on a copy. */
const golden = z.strictObject({
  service: name,
  name,
  http: text(/^\/(?!\/)\S*$/, 'a path such as /api/orders/1'),
  status: z.number().int().min(100).max(599).default(200),
  contains: z.exactOptional(z.string().min(1)),
  timeout: someTime.prefault('5s'),
});

export const drillSchema = z.strictObject({
  /** The most that a recovery may take, people not counted. */
  rto: someTime,
  /** A drill that is older proves nothing any more. */
  every: someTime.prefault('30d'),
  /** Started on the copies; without it those whose `datastores` name one that is restored. */
  services: z.exactOptional(z.array(name).min(1)),
  /** What is started; without it what users are on now. */
  version: z.exactOptional(text(VERSION, VERSION_ALLOWED)),
  /**
   * By service: replaces settings, or adds some: mail, outbox, cron and webhooks off. `{{copy.orders.password}}` stands
   * for what only a copy has (domain/copy-template.ts).
   */
  configuration: z.record(name, z.record(variable, value)).prefault({}),
  golden: z
    .array(golden)
    .min(1)
    .meta({ description: 'a list of at least one {service, name, http, ...}' }),
});

export type Drill = z.output<typeof drillSchema>;
export type GoldenQuery = Drill['golden'][number];
