// The section `changes:` of a system file: when what goes forward may change the system, as clocks on the wall say it.
// domain/time/windows.ts works out whether that is now.
import { z } from 'zod';
import { didYouMean } from '../../domain/text/did-you-mean.ts';
import { isZone, momentOf, WEEKDAYS } from '../../domain/time/wall-clock.ts';
import { shown } from '../reading/wording.ts';
import { noSuch, remarksIn, repeatsIn, under, type Remark } from '../remark.ts';
import { name, text } from '../terms.ts';

const wallTime = text(
  /^([01]\d|2[0-3]):[0-5]\d$/,
  'a time of day such as 21:00, from 00:00 to 23:59 (midnight is 00:00)',
);
const weekday = z.enum(WEEKDAYS);
export const zone = text(/^\S{1,64}$/, 'the name of a time zone such as Europe/Berlin or UTC');
const localTime = text(
  /^\d{4}-\d{2}-\d{2}T([01]\d|2[0-3]):[0-5]\d$/,
  'a local date and time such as 2026-12-20T18:00, without a zone',
);
const why = z.string().min(1).max(200);

/** A stretch of time that comes again every day, or on some days of the week. */
const weeklyStretch = {
  on: z.exactOptional(z.array(weekday).min(1)).meta({
    description: 'a list of days: monday, tuesday, wednesday, thursday, friday, saturday, sunday',
    meaning: 'The days on which it begins; without it every day.',
    example: ['monday', 'friday'],
  }),
  from: wallTime.meta({ meaning: 'When it begins.', example: '21:00' }),
  to: wallTime.meta({
    meaning: 'The first moment after it; one that is not later than `from` is on the next day.',
    example: '05:00',
  }),
  zone: zone.meta({ meaning: 'Whose clocks say so.', example: 'Europe/Berlin' }),
};

export const changesSchema = z.strictObject({
  allow: z
    .exactOptional(
      z
        .array(
          z.strictObject({
            ...weeklyStretch,
            why: z
              .exactOptional(why)
              .meta({ meaning: 'What people read about it.', example: 'nights' }),
          }),
        )
        .min(1),
    )
    .meta({ meaning: 'The change windows; without it always, but for `freeze`.' }),
  freeze: z
    .exactOptional(
      z.array(
        z.strictObject({
          from: localTime.meta({ meaning: 'When it begins.', example: '2026-12-20T18:00' }),
          to: localTime.meta({
            meaning: 'The first moment after it.',
            example: '2027-01-04T08:00',
          }),
          zone: zone.meta({ meaning: 'Whose clocks say so.', example: 'Europe/Berlin' }),
          why: why.meta({ meaning: 'What whoever is held reads.', example: 'the holidays' }),
        }),
      ),
    )
    .meta({ meaning: 'Times in which no window is open.' }),
  hotfix: z.exactOptional(name).meta({
    meaning:
      'The approval that lets through what is asked for with `--hotfix` while no window is open; without it nobody can.',
    example: 'emergency',
  }),
});

export type Changes = z.output<typeof changesSchema>;

export function changeRemarks(
  { allow = [], freeze = [], hotfix }: Changes,
  approvals: readonly string[],
): Remark[] {
  return [
    ...allow.flatMap((one, index) => under(['allow', index], stretchRemarks(one))),
    ...freeze.flatMap((one, index) => under(['freeze', index], periodRemarks(one))),
    ...(hotfix === undefined || approvals.includes(hotfix)
      ? []
      : [{ path: ['hotfix'], message: noSuch('approval', hotfix, approvals) }]),
  ];
}

/** What is wrong with a stretch of each day or of some days of the week. */
function stretchRemarks({
  on = [],
  from,
  to,
  zone: named,
}: {
  on?: readonly string[];
  from: string;
  to: string;
  zone: string;
}): Remark[] {
  const none = `${shown(to)} is when it begins, and it has no length; for whole days write two: 00:00 to 12:00, and 12:00 to 00:00`;
  return [
    ...repeatsIn(on).map((index) => ({
      path: ['on', index],
      message: `${shown(on[index])} is there twice; name each day once`,
    })),
    ...remarksIn([[from === to, ['to'], none]]),
    ...zoneRemarks(named),
  ];
}

function periodRemarks({
  from,
  to,
  zone: named,
}: NonNullable<Changes['freeze']>[number]): Remark[] {
  const unknown = zoneRemarks(named);
  if (unknown.length > 0) return unknown;
  const [start, end] = [momentOf(from, named), momentOf(to, named)];
  const noDay = (local: string): string => `${shown(local)} is no day of the calendar`;
  return remarksIn([
    [start === undefined, ['from'], noDay(from)],
    [end === undefined, ['to'], noDay(to)],
    [
      start !== undefined && end !== undefined && end <= start,
      ['to'],
      `${shown(to)} is not after its beginning, ${from}; write the first moment after the freeze`,
    ],
  ]);
}

export function zoneRemarks(named: string): Remark[] {
  if (isZone(named)) return [];
  const known = Intl.supportedValuesOf('timeZone');
  const message = `there is no time zone ${shown(named)}${didYouMean(named, known)}; write a name such as Europe/Berlin or UTC`;
  return [{ path: ['zone'], message }];
}
