// The section `people:` of a system file: who is told of an incident when, who may have which role, and how long each phase may
// take. Its shape above its checks; what is not written, the defaults in domain/incident/people.ts say.
import { z } from 'zod';
import { PERSON, PERSON_ALLOWED, personKey } from '../../domain/text/names.ts';
import { durationText } from '../../domain/text/duration-text.ts';
import { remarksIn, repeatsIn, under, type Remark } from '../remark.ts';
import { name, someTime, text } from '../terms.ts';

const person = text(PERSON, PERSON_ALLOWED);
const MOST_LEVELS = 10;

const clocksSchema = z.strictObject({
  acknowledge: z
    .exactOptional(someTime)
    .meta({ meaning: 'How soon somebody has to look at it.', example: '5m' }),
  investigate: z
    .exactOptional(someTime)
    .meta({ meaning: 'How soon its cause has to be known.', example: '15m' }),
  mitigate: z
    .exactOptional(someTime)
    .meta({ meaning: 'How soon users have to be helped.', example: '30m' }),
});

const severityClocks = (severity: string) =>
  z.exactOptional(clocksSchema).meta({
    meaning: `From the opening of an incident of severity ${severity}; what is not written has its default.`,
  });

export const peopleSchema = z.strictObject({
  levels: z.exactOptional(
    z
      .array(z.array(person).min(1))
      .min(1)
      .max(MOST_LEVELS)
      .meta({
        description: 'a list of 1 to 10 lists of people',
        meaning:
          'Who is told of an incident: the first at once, the next when nobody of those before acknowledged it; so too of a recovery that nobody answers.',
        example: [['ana'], ['ben'], ['eve', 'cto']],
      }),
  ),
  after: z.exactOptional(
    z
      .array(someTime)
      .min(1)
      .max(MOST_LEVELS)
      .meta({
        description: 'a list of durations such as 5m',
        meaning:
          'How long each level has, the last one for all further ones; never less than `clocks` allows for an acknowledgement. Without it 5m, 10m, 15m.',
        example: ['5m', '10m', '15m'],
      }),
  ),
  roles: z.exactOptional(z.record(name, z.array(person).min(1))).meta({
    meaning: 'Who may have which role in an incident; a role that is not named anybody may have.',
    example: { commander: ['ana', 'ben'], communications: ['eve'] },
  }),
  clocks: z
    .exactOptional(
      z.strictObject({
        P0: severityClocks('P0'),
        P1: severityClocks('P1'),
        P2: severityClocks('P2'),
        P3: severityClocks('P3'),
      }),
    )
    .meta({
      meaning:
        'By when things have to be done. Without it P0 and P1: 5m, 15m, 30m; P2: 30m, 2h, 8h; P3: 8h, 24h, 72h.',
    }),
});

export type People = z.output<typeof peopleSchema>;

type Clocks = z.output<typeof clocksSchema>;

export function peopleRemarks({ levels = [], after, roles = {}, clocks = {} }: People): Remark[] {
  const tooMany = (after?.length ?? 0) > Math.max(levels.length, 1);
  return [
    ...levels.flatMap((level, index) => twice(level, ['levels', index])),
    ...Object.entries(roles).flatMap(([role, people]) => twice(people, ['roles', role])),
    ...remarksIn([
      [tooMany, ['after'], `has more durations than levels has levels (${levels.length})`],
    ]),
    ...Object.entries(clocks).flatMap(([severity, some]) =>
      under(['clocks', severity], clockRemarks(some)),
    ),
  ];
}

function twice(people: readonly string[], path: (string | number)[]): Remark[] {
  const [at] = repeatsIn(people.map(personKey));
  return remarksIn([[at !== undefined, path, 'a person is named twice; name each once']]);
}

/** What is written has to be in order; what is not is not compared. */
function clockRemarks({ acknowledge, investigate, mitigate }: Clocks): Remark[] {
  const late = (key: string, own: number | undefined, before: number | undefined) =>
    [
      own !== undefined && before !== undefined && own < before,
      [key],
      `(${durationText(own ?? 0)}) is before the step that it follows (${durationText(before ?? 0)}); write a longer one`,
    ] as const;
  return remarksIn([
    late('investigate', investigate, acknowledge),
    late('mitigate', mitigate, investigate ?? acknowledge),
  ]);
}
