// The section `maintenance:` of a system file: the windows in which people take a system down to work on it, as clocks on the
// wall say them. domain/time/maintenance.ts works out when the next one is.
import { z } from 'zod';
import { isZone } from '../../domain/time/wall-clock.ts';
import { remarksIn, under, type Remark } from '../remark.ts';
import { name, someTime } from '../terms.ts';
import { zone, zoneRemarks } from './changes.ts';
import { on, timeOfDay } from './days.ts';

const window = z.strictObject({
  on,
  at: timeOfDay.meta({ meaning: 'When it opens.', example: '02:00' }),
  zone: zone.meta({ meaning: 'Whose clocks say so.', example: 'Europe/Berlin' }),
  lasts: someTime.meta({ meaning: 'How long it lasts.', example: '2h' }),
  notice: z.exactOptional(someTime).meta({
    meaning: 'How long ahead users are told; who asks later than that is refused.',
    example: '2d',
  }),
});

export const maintenanceSchema = z.strictObject({
  windows: z.record(name, window).meta({
    meaning: 'The windows, by a name of yours.',
    example: { monthly: { at: '02:00', zone: 'Europe/Berlin', lasts: '2h' } },
  }),
});

export type Maintenance = z.output<typeof maintenanceSchema>;
export type MaintenanceWindow = Maintenance['windows'][string];

const LONGEST_MS = 86_400_000;

export function maintenanceRemarks({ windows }: Maintenance): Remark[] {
  return Object.entries(windows).flatMap(([called, { zone: named, lasts }]) =>
    under(
      ['windows', called],
      [
        ...(isZone(named) ? [] : zoneRemarks(named)),
        ...remarksIn([
          [lasts <= 0 || lasts > LONGEST_MS, ['lasts'], 'write more than nothing, up to 24h'],
        ]),
      ],
    ),
  );
}
