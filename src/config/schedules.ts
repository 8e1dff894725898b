// The section `schedules:` of a system file: when a system is backed up, its backups are proved, and both are checked.
// Times are UTC. `fairlead schedules sync` makes Temporal's schedules match (domain/schedules.ts).
import { z } from 'zod';
import { someTime } from './duration.ts';
import { text } from './terms.ts';

export const DAYS = [
  'sunday',
  'monday',
  'tuesday',
  'wednesday',
  'thursday',
  'friday',
  'saturday',
] as const;

const timeOfDay = text(/^([01]\d|2[0-3]):[0-5]\d$/, 'a time of day in UTC such as 02:00');
const day = z.enum(DAYS);

export const schedulesSchema = z.strictObject({
  /** Every primary datastore, as a set. */
  backup: z.exactOptional(
    z.strictObject({
      at: z
        .array(timeOfDay)
        .min(1)
        .max(24)
        .meta({ description: 'a list of 1 to 24 times of day in UTC such as 02:00' }),
    }),
  ),
  /** The newest backup of each primary datastore, restored and judged; every day without `on`. */
  verify: z.exactOptional(z.strictObject({ on: z.exactOptional(day), at: timeOfDay })),
  /** Is each backup young enough, and is the system proved recoverable? */
  check: z.exactOptional(z.strictObject({ every: someTime })),
});

export type Schedules = z.output<typeof schedulesSchema>;
