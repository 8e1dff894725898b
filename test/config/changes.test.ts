// The section `changes:`: what `check` says of it.
import { SHOP, testMistakes } from '../support/system-files.ts';

const ZONE = 'zone: Europe/Berlin';
/** The section on line 16. */
const changes = (section: string): string => `${SHOP}changes: ${section}\n`;
const allow = (more: string): string => changes(`{ allow: [{ ${more} }] }`);
const freeze = (more: string): string => changes(`{ freeze: [{ ${more} }] }`);

testMistakes([
  [
    'finds nothing wrong with nights, over midnight, and a freeze with its end and reason',
    changes(
      `{ allow: [{ on: [monday, friday], from: '21:00', to: '05:00', ${ZONE}, why: nights }], freeze: [{ from: 2026-12-20T18:00, to: 2027-01-04T08:00, ${ZONE}, why: holidays }] }`,
    ),
    [],
  ],
  [
    'takes no window of no length',
    allow(`from: '21:00', to: '21:00', ${ZONE}`),
    [
      '16: changes.allow.0.to: "21:00" is when it begins, and it has no length; for whole days write two: 00:00 to 12:00, and 12:00 to 00:00',
    ],
  ],
  [
    'says what a time of day is',
    allow(`from: '24:00', to: '9:00', ${ZONE}`),
    [
      '16: changes.allow.0.from: "24:00" is not allowed; write a time of day such as 21:00, from 00:00 to 23:59 (midnight is 00:00)',
      '16: changes.allow.0.to: "9:00" is not allowed; write a time of day such as 21:00, from 00:00 to 23:59 (midnight is 00:00)',
    ],
  ],
  [
    'knows the zones that there are',
    allow(`from: '21:00', to: '05:00', zone: Europe/Berln`),
    [
      '16: changes.allow.0.zone: there is no time zone "Europe/Berln" (did you mean Europe/Berlin?); write a name such as Europe/Berlin or UTC',
    ],
  ],
  [
    'wants a zone',
    allow(`from: '21:00', to: '05:00'`),
    [
      '16: changes.allow.0.zone: is missing; write the name of a time zone such as Europe/Berlin or UTC',
    ],
  ],
  [
    'takes no offset for a zone',
    allow(`from: '21:00', to: '05:00', zone: '+02:00'`),
    [
      '16: changes.allow.0.zone: there is no time zone "+02:00"; write a name such as Europe/Berlin or UTC',
    ],
  ],
  [
    'knows the days of the week',
    allow(`on: [mondays], from: '21:00', to: '05:00', ${ZONE}`),
    [
      '16: changes.allow.0.on.0: "mondays" is not allowed (did you mean monday?); write monday or tuesday or wednesday or thursday or friday or saturday or sunday',
    ],
  ],
  [
    'takes each day once',
    allow(`on: [monday, monday], from: '21:00', to: '05:00', ${ZONE}`),
    ['16: changes.allow.0.on.1: "monday" is there twice; name each day once'],
  ],
  [
    'wants the end of a freeze and its reason',
    freeze(`from: 2026-12-20T18:00, ${ZONE}`),
    [
      '16: changes.freeze.0.to: is missing; write a local date and time such as 2026-12-20T18:00, without a zone',
      '16: changes.freeze.0.why: is missing; write a text that is not empty',
    ],
  ],
  [
    'wants the end of a freeze after its beginning',
    freeze(`from: 2026-12-20T18:00, to: 2026-12-20T18:00, ${ZONE}, why: x`),
    [
      '16: changes.freeze.0.to: "2026-12-20T18:00" is not after its beginning, 2026-12-20T18:00; write the first moment after the freeze',
    ],
  ],
  [
    'takes no day that no calendar has',
    freeze(`from: 2027-02-30T18:00, to: 2027-03-04T08:00, ${ZONE}, why: x`),
    ['16: changes.freeze.0.from: "2027-02-30T18:00" is no day of the calendar'],
  ],
  [
    'knows who may let a hotfix through',
    changes('{ hotfix: emergncy }'),
    ['16: changes.hotfix: there is no approval "emergncy"; declared in approvals: promote'],
  ],
]);
