// One policy of `approvals:`: who is asked and for how long, and what these values must be to each other.
import { z } from 'zod';
import {
  isAmong,
  PERSON,
  PERSON_ALLOWED,
  personKey,
  PUBLIC_KEY,
  samePerson,
} from '../domain/text/names.ts';
import { durationText } from '../domain/text/duration-text.ts';
import { remarksIn, repeatsIn, type Remark, type Row } from './remark.ts';
import { someTime, text } from './terms.ts';

const person = text(PERSON, PERSON_ALLOWED);

export const keysSchema = z.record(
  person,
  text(PUBLIC_KEY, '`ed25519:` and 44 characters, as `fairlead key new` prints it'),
);

export const approvalSchema = z.strictObject({
  quorum: z
    .number()
    .int()
    .min(1)
    .max(10)
    .default(1)
    .meta({ meaning: 'How many people have to approve.' }),
  from: z.exactOptional(z.array(person).min(1)).meta({
    meaning: 'Who may answer; without it anyone but the requester.',
    example: ['ana', 'ben'],
  }),
  trust: z.exactOptional(z.enum(['claimed', 'signed'])).meta({
    meaning:
      '`signed`: an answer counts only with a signature by the key of whom it names (section `keys`), and changes behind the gate look at it themselves; else who answers is believed.',
    example: 'signed',
  }),
  deadline: someTime
    .prefault('24h')
    .meta({ meaning: 'When nobody answered for so long, the operation is taken back.' }),
  reminder: someTime.prefault('4h').meta({ meaning: 'How often people are told again.' }),
  escalation: z
    .exactOptional(
      z.strictObject({
        after: someTime.meta({ meaning: 'When they are told.', example: '1h' }),
        to: z
          .array(person)
          .min(1)
          .meta({ meaning: 'Who is told; they may answer too.', example: ['eve'] }),
      }),
    )
    .meta({ meaning: 'Others who are told when nobody answers.' }),
  selfApproval: z
    .boolean()
    .default(false)
    .meta({ meaning: 'May people approve what they asked for themselves?' }),
  breakGlass: z
    .array(person)
    .prefault([])
    .meta({ meaning: 'Who may override with `approve --break-glass REASON`.', example: ['eve'] }),
});

/** People whose answers have to be signed, and who have no key. */
export function keyRemarks(
  { trust, from, breakGlass, quorum }: z.output<typeof approvalSchema>,
  keys: Readonly<Record<string, string>>,
): Remark[] {
  if (trust !== 'signed') return [];
  const names = Object.keys(keys);
  const missing = [...(from ?? []), ...breakGlass].filter((one) => !isAmong(names, one));
  return remarksIn([
    [
      missing.length > 0,
      ['trust'],
      `answers have to be signed, and the section keys names no key of ${missing.join(', ')}; each makes one with \`fairlead key new\``,
    ],
    [
      names.length < quorum,
      ['trust'],
      `${quorum} people must sign, and the section keys names ${names.length}`,
    ],
  ]);
}

/** `isWritten` tells a value that somebody wrote from one that a default filled in. */
export function approvalRemarks(
  { quorum, from, deadline, reminder, escalation, breakGlass }: z.output<typeof approvalSchema>,
  isWritten: (key: string) => boolean,
): Remark[] {
  const people = from === undefined ? Infinity : new Set(from.map(personKey)).size;
  const escalated = escalation?.after ?? 0;
  const late = (what: string, after: number): string =>
    `the ${what} (${durationText(after)}) comes after the deadline (${durationText(deadline)}); write a shorter one`;
  return remarksIn([
    ...namedTwice(['from'], from),
    ...namedTwice(['breakGlass'], breakGlass),
    ...namedTwice(['escalation', 'to'], escalation?.to),
    [
      quorum > people,
      ['quorum'],
      `${quorum} people must approve, but from names ${people}; write a smaller quorum or name more people`,
    ],
    [reminder >= deadline && isWritten('reminder'), ['reminder'], late('reminder', reminder)],
    [escalated >= deadline, ['escalation', 'after'], late('escalation', escalated)],
  ]);
}

function namedTwice(path: string[], people: readonly string[] = []): Row[] {
  const [at] = repeatsIn(people.map(personKey));
  const again = at === undefined ? '' : (people[at] ?? '');
  const first = people.find((one) => samePerson(one, again)) ?? again;
  const how = first === again ? '' : ` (${first} and ${again} are one)`;
  return [[at !== undefined, path, `a person is named twice${how}; name each once`]];
}
