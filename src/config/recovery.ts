// The section `recovery:` of a system file: who is asked before damaged data are exchanged for a backup, and how users are
// let in again afterwards.
import { z } from 'zod';
import { ADMIT_SHARES } from '../domain/recovery/recovery-defaults.ts';
import { shown } from './reading/wording.ts';
import { noSuch, remarksIn, repeatsIn, under, type Remark } from './remark.ts';
import { command, name, percent, someTime } from './terms.ts';

const writerCommand = z.strictObject({
  stop: command.meta({
    meaning:
      'Stops the writer. It runs without a shell in the folder of the system, with PATH, HOME and LANG.',
    example: ['systemctl', '--user', 'stop', 'imports'],
  }),
  start: command.meta({
    meaning:
      'Starts it again, by asking whoever runs it (systemd, a flag): what the command itself starts ends with the command.',
    example: ['systemctl', '--user', 'start', 'imports'],
  }),
  check: command.meta({
    meaning:
      'Ends with 0 when the writer is stopped, and with anything else while it runs: asked before and after the other two.',
    example: ['node', 'checks/imports-stopped.mjs'],
  }),
  timeout: someTime.prefault('30s').meta({ meaning: 'Of the three, each may take so long.' }),
});

const writer = z.strictObject({
  service: z.exactOptional(name).meta({
    meaning: 'A service that writes without naming the datastore: its users are kept out too.',
    example: 'worker',
  }),
  name: z.exactOptional(name).meta({
    meaning: 'What a writer with a command is called.',
    example: 'imports',
  }),
  command: z.exactOptional(writerCommand).meta({
    meaning: 'How a program that is no service is stopped and started.',
  }),
  outside: z.exactOptional(name).meta({
    meaning: 'What only people can stop, by a name of yours: it asks until somebody has.',
    example: 'billing-job',
  }),
  stop: z
    .exactOptional(z.literal('manual'))
    .meta({ meaning: 'Beside `outside`: people stop it.', example: 'manual' }),
});

const migrate = z.strictObject({
  runbook: z.exactOptional(name).meta({
    meaning:
      'A runbook of steps that does it on the copy, with the inputs of `reconcile`; instead of a command.',
    example: 'migrate-orders',
  }),
  command: z.exactOptional(command).meta({
    meaning: 'Brings the tables of an older backup to what the services of now need.',
    example: ['node', 'migrations/up.mjs'],
  }),
  check: z.exactOptional(command).meta({
    meaning:
      'Goes with a command; ends with 0 when they are as the services need them: then nothing is migrated.',
    example: ['node', 'migrations/is-up.mjs'],
  }),
  timeout: someTime.prefault('10m').meta({ meaning: 'Of each of the two.' }),
});

const room = z.strictObject({
  command: command.meta({
    meaning:
      'Ends with 0 when there is room for `{bytes}` more where `{datastore}` lies, and with anything else when there is not; asked before anything is changed.',
    example: ['ssh', 'db1', '/usr/local/bin/has-room', '{datastore}', '{bytes}'],
  }),
  timeout: someTime.prefault('30s').meta({ meaning: 'How long it may take.' }),
});

const outside = z.strictObject({
  name: name.meta({ meaning: 'What it is called.', example: 'payments' }),
  look: z.string().min(1).max(500).meta({
    meaning: 'What a person has to look through, and where.',
    example: "Compare the provider's list with the table payments; refund what is in no order.",
  }),
});

export const recoverySchema = z.strictObject({
  quarantine: someTime.prefault('30d').meta({
    meaning: 'For how long what was live is kept after an exchange; the janitor removes it then.',
  }),
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
  writers: z.exactOptional(z.array(writer).min(1)).meta({
    meaning:
      'Who else writes to the data, stopped in this order after users are kept out, and started in the reverse order once users are back. A service, a command, or what only people can stop.',
    example: [{ outside: 'billing-job', stop: 'manual' }],
  }),
  reconcile: z.exactOptional(name).meta({
    meaning:
      'A runbook of steps that carries over into the copy what would be lost, once that was counted and before people are asked; it is counted again afterwards. Its inputs are the texts `datastore`, `copy` and `quarantined`.',
    example: 'reconcile-orders',
  }),
  migrate: z.exactOptional(migrate).meta({
    meaning:
      'What brings an older backup to the structure that the services of now need: a runbook on the copy, before people are asked, or a command after the exchange, before services are started.',
  }),
  room: z.exactOptional(room).meta({
    meaning:
      'How a server on another host is asked whether it has room for a copy. Without it that is not known there, which the question before the exchange says.',
  }),
  outside: z.exactOptional(z.array(outside).min(1)).meta({
    meaning:
      'What the system sends outside (mails, payments, webhooks): after a recovery people are asked to look through what was sent since the recovery point, one list at a time.',
  }),
});

export type RoomCommand = z.output<typeof room>;
export type Recovery = z.output<typeof recoverySchema>;

export function recoveryRemarks(
  { approval, admit, writers = [], outside: lists = [], migrate: migration }: Recovery,
  {
    approvalNames,
    serviceNames,
  }: { approvalNames: readonly string[]; serviceNames: readonly string[] },
): Remark[] {
  const rises = admit.every((one, index) => one > (admit[index - 1] ?? 0));
  const names = writers.map((one) => one.service ?? one.name ?? one.outside ?? '');
  return [
    ...remarksIn([
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
    ]),
    ...writers.flatMap((one, at) => under(['writers', at], writerRemarks(one, serviceNames))),
    ...under(['migrate'], migration === undefined ? [] : migrateRemarks(migration)),
    ...repeatsIn(names).map((at) => twice(['writers', at], names[at] ?? '')),
    ...repeatsIn(lists.map((one) => one.name)).map((at) =>
      twice(['outside', at], lists[at]?.name ?? ''),
    ),
  ];
}

function twice(path: Remark['path'], name: string): Remark {
  return { path, message: `${shown(name)} is there twice; give each a name of its own` };
}

function migrateRemarks({ runbook, command: own, check }: z.output<typeof migrate>): Remark[] {
  return remarksIn([
    [
      runbook !== undefined && (own !== undefined || check !== undefined),
      ['runbook'],
      'goes without command and check: it is either of the two',
    ],
    [
      runbook === undefined && (own === undefined || check === undefined),
      [],
      'has a runbook, or a command with its check',
    ],
  ]);
}

function writerRemarks(
  { service, name: called, command: own, outside: away, stop }: z.output<typeof writer>,
  serviceNames: readonly string[],
): Remark[] {
  const kinds = [service, own, away].filter((one) => one !== undefined).length;
  return remarksIn([
    [
      kinds !== 1,
      [],
      'a writer has one of service, command (with name) and outside (with stop: manual)',
    ],
    [
      service !== undefined && !serviceNames.includes(service),
      ['service'],
      noSuch('service', service ?? '', serviceNames),
    ],
    [
      own !== undefined && called === undefined,
      ['command'],
      'a writer with a command needs a name beside it, for its steps: imports',
    ],
    [
      own === undefined && called !== undefined,
      ['name'],
      'goes with a command: service and outside are names already',
    ],
    [
      away !== undefined && stop === undefined,
      ['outside'],
      'nothing but people stops it: write stop: manual beside it',
    ],
    [away === undefined && stop !== undefined, ['stop'], 'goes with outside only'],
  ]);
}
