// The section `recovery:` of a system file: who is asked before damaged data are exchanged for a backup, and how users are
// let in again afterwards.
import { z } from 'zod';
import { ADMIT_SHARES } from '../domain/recovery/recovery-defaults.ts';
import { noSuch, remarksIn, type Remark } from './remark.ts';
import { name, percent } from './terms.ts';

export const recoverySchema = z.strictObject({
  approval: z.exactOptional(name).meta({
    meaning:
      'Who is asked before the data are exchanged, from `approvals`; without it one person other than the requester, within 24 h.',
    example: 'exchange',
  }),
  admit: z
    .array(percent)
    .min(1)
    .default([...ADMIT_SHARES])
    .meta({
      description: 'a list of rising percentages that ends with 100',
      meaning: 'In which steps users are let in again, in percent of the clients.',
      example: [...ADMIT_SHARES],
    }),
});

export type Recovery = z.output<typeof recoverySchema>;

export function recoveryRemarks(
  { approval, admit }: Recovery,
  { approvalNames }: { approvalNames: readonly string[] },
): Remark[] {
  const rises = admit.every((one, index) => one > (admit[index - 1] ?? 0));
  return remarksIn([
    [
      approval !== undefined && !approvalNames.includes(approval),
      ['approval'],
      noSuch('approval', approval ?? '', approvalNames),
    ],
    [
      !rises || admit.at(-1) !== 100,
      ['admit'],
      'has to rise and to end with 100, such as [5, 25, 100]: every user comes back',
    ],
  ]);
}
