// The section `maintenance:` of a system file: the windows in which people take a system down to work on it, as clocks on the
// wall say them. domain/time/maintenance.ts works out when the next one is.
import { z } from 'zod';
import { isZone } from '../../domain/time/wall-clock.ts';
import { noSuch, remarksIn, under, type Remark } from '../remark.ts';
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
  approval: z.exactOptional(name).meta({
    meaning:
      'The policy of `approvals` of those who let a window begin when it opens, before users are kept out; an answer may come ahead.',
    example: 'operations',
  }),
  scaleDown: z.exactOptional(z.array(name).min(1)).meta({
    description: 'a list of services',
    meaning:
      'Services that have no replica while the work goes on (one where the platform cannot have none), and as many as before afterwards.',
    example: ['api'],
  }),
});

export type Maintenance = z.output<typeof maintenanceSchema>;
export type MaintenanceWindow = Maintenance['windows'][string];

const LONGEST_MS = 86_400_000;

export function maintenanceRemarks(
  { windows, approval, scaleDown = [] }: Maintenance,
  { approvalNames, serviceNames }: Record<'approvalNames' | 'serviceNames', readonly string[]>,
): Remark[] {
  return [
    ...windowRemarks(windows),
    ...(approval === undefined || approvalNames.includes(approval)
      ? []
      : [{ path: ['approval'], message: noSuch('approval', approval, approvalNames) }]),
    ...scaleDown.flatMap((service, index) =>
      serviceNames.includes(service)
        ? []
        : [{ path: ['scaleDown', index], message: noSuch('service', service, serviceNames) }],
    ),
  ];
}

function windowRemarks(windows: Maintenance['windows']): Remark[] {
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
