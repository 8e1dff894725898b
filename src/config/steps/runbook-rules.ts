// What the shape of a runbook of steps cannot say: one kind a step, undo and check or why not, names that are declared, ids
// that are there once, options that lead forward.
import { listed, shown } from '../reading/wording.ts';
import { noSuch, remarksIn, under, type Remark } from '../remark.ts';
import { didYouMean } from '../../domain/text/did-you-mean.ts';
import { choiceRemarks, idRemarks } from './choice-rules.ts';
import { defaultRemarks, placeholderRemarks } from './input-rules.ts';
import { changeRemarks, checkRemarks, lookRemarks, type Names } from './ask-rules.ts';
import type { Step, StepsRunbook } from './runbook-schema.ts';

const KINDS = [
  ...(['look', 'do', 'manual', 'choose', 'operation', 'wait', 'tell', 'parallel'] as const),
];

/** Every mistake that the schema cannot see, with its path from the root of the file. */
export function runbookRemarks(runbook: StepsRunbook, system: Names): Remark[] {
  return [
    ...leaseRemarks(runbook, system),
    ...idRemarks(runbook.steps),
    ...choiceRemarks(runbook.steps),
    ...defaultRemarks(runbook.inputs),
    ...placeholderRemarks(runbook),
    ...runbook.steps.flatMap((step, at) => under(['steps', at], stepRemarks(step, system))),
  ];
}

function leaseRemarks({ leases, steps }: StepsRunbook, system: Names): Remark[] {
  const { services, stores } = namesIn(system);
  const known = [...services, ...stores];
  const stops = steps.find(({ operation }) => operation?.stop && !operation.stop.service);
  const open = services.filter((one) => !leases.includes(one));
  const changes = steps.find((step) => step.do !== undefined);
  return [
    ...leases.flatMap((one, at) =>
      known.includes(one)
        ? []
        : [
            {
              path: ['leases', at],
              message: `there is no service or datastore ${shown(one)}${didYouMean(one, known)}; there are: ${listed(known)}`,
            },
          ],
    ),
    ...remarksIn([
      [
        stops !== undefined && leases.length > 0 && open.length > 0,
        ['leases'],
        `the step ${stops?.id ?? ''} stops every service; name all of them here (${listed(open)} ${open.length === 1 ? 'is' : 'are'} missing), or none`,
      ],
      [
        changes !== undefined && leases.length === 0,
        ['leases'],
        `the step ${changes?.id ?? ''} changes something, and nobody would be kept from changing the same; name what it changes, such as leases: [${known[0] ?? 'api'}]`,
      ],
    ]),
  ];
}

function namesIn({ services, datastores = {} }: Names): { services: string[]; stores: string[] } {
  return { services: Object.keys(services), stores: Object.keys(datastores) };
}

function stepRemarks(step: Step, system: Names): Remark[] {
  const kinds = KINDS.filter((kind) => step[kind] !== undefined);
  const { when } = step;
  return [
    ...remarksIn([
      [kinds.length === 0, [], `the step does nothing; write one of ${listed(KINDS)}`],
      [
        kinds.length > 1,
        [kinds[1] ?? ''],
        `the step has ${kinds.length} kinds (${listed(kinds)}); write a step for each`,
      ],
    ]),
    ...nameRemarks(step, system),
    ...strangeRemarks(step),
    ...(when === undefined ? [] : under(['when'], checkRemarks(when, system))),
    ...kindRemarks(step, system),
  ];
}

/** Approvals and channels that are declared. */
function nameRemarks({ approval = '', tell }: Step, system: Names): Remark[] {
  const approvals = Object.keys(system.approvals);
  const channels = Object.keys(system.notify ?? {});
  const channel = tell?.channel ?? '';
  return remarksIn([
    [
      approval !== '' && !approvals.includes(approval),
      ['approval'],
      noSuch('approval', approval, approvals),
    ],
    [
      channel !== '' && !channels.includes(channel),
      ['tell', 'channel'],
      `there is no channel ${shown(channel)}${didYouMean(channel, channels)}; declared in notify: ${listed(channels)}`,
    ],
  ]);
}

/** What the kind of a step has no use for. */
function strangeRemarks(step: Step): Remark[] {
  const isTimed = step.look ?? step.do ?? step.parallel;
  const isTakenBack = step.do !== undefined || step.manual !== undefined;
  return remarksIn([
    [
      step.timeout !== undefined && isTimed === undefined,
      ['timeout'],
      'timeout is for look and do; remove it',
    ],
    [
      step.undo !== undefined && !isTakenBack,
      ['undo'],
      'undo is for do and manual: nothing else of a step is taken back; remove it',
    ],
    [
      step.why !== undefined && step.undo !== 'none',
      ['why'],
      'why says why there is no undo; write undo: none, or remove it',
    ],
  ]);
}

function kindRemarks(step: Step, system: Names): Remark[] {
  const { look, parallel = [], manual, undo, operation, wait } = step;
  return [
    ...(look === undefined ? [] : under(['look'], lookRemarks(look, system))),
    ...parallel.flatMap((one, at) =>
      under(['parallel', at, 'look'], lookRemarks(one.look, system)),
    ),
    ...doRemarks(step, system),
    ...remarksIn([
      [
        manual !== undefined && typeof undo === 'object',
        ['undo'],
        'what a person did is taken back by a person; write undo as a text, or none',
      ],
    ]),
    ...(operation === undefined ? [] : under(['operation'], operationRemarks(operation, system))),
    ...(wait === undefined ? [] : under(['wait'], waitRemarks(wait, system))),
  ];
}

function doRemarks({ do: change, undo, why }: Step, system: Names): Remark[] {
  if (change === undefined) return [];
  const { check } = change;
  return [
    ...under(['do'], changeRemarks(change, system)),
    ...(check === undefined || check === 'none'
      ? []
      : under(['do', 'check'], checkRemarks(check, system))),
    ...(typeof undo === 'object' ? under(['undo'], changeRemarks(undo, system)) : []),
    ...remarksIn([
      [
        check === undefined,
        ['do', 'check'],
        'is missing; write how one sees that it is done (a map with command, http or query), or check: none with why',
      ],
      [
        check === 'none' && change.why === undefined,
        ['do', 'check'],
        'none needs a reason; write why beside it: what happens when it is done twice',
      ],
      [
        check !== 'none' && change.why !== undefined,
        ['do', 'why'],
        'why says why there is no check; write check: none, or remove it',
      ],
      [
        undo === undefined,
        ['undo'],
        'is missing; write how it is taken back (a map with command, http or query), or undo: none with why',
      ],
      [
        undo === 'none' && why === undefined,
        ['undo'],
        'none needs a reason; write why beside it: why it cannot be taken back',
      ],
      [
        typeof undo === 'string' && undo !== 'none',
        ['undo'],
        `${shown(undo)} is not allowed; write a map with command, http or query, or none`,
      ],
    ]),
  ];
}

function waitRemarks(wait: NonNullable<Step['wait']>, system: Names): Remark[] {
  const both = wait.for !== undefined && wait.until !== undefined;
  return [
    ...(wait.until === undefined ? [] : under(['until'], checkRemarks(wait.until, system))),
    ...remarksIn([
      [wait.for === undefined && wait.until === undefined, [], 'write for: 30s, or until: a check'],
      [both, ['until'], 'for is there too; keep one of them'],
      [
        wait.until !== undefined && wait.atMost === undefined,
        ['atMost'],
        'is missing; write how long it may take, such as 5m',
      ],
    ]),
  ];
}

function operationRemarks(asked: NonNullable<Step['operation']>, system: Names): Remark[] {
  const { services, stores } = namesIn(system);
  const kinds = Object.entries(asked);
  const names = kinds.flatMap(([kind, request]) =>
    Object.entries(request as Record<string, unknown>).map(([key, value]) => ({
      kind,
      key,
      value,
    })),
  );
  return [
    ...remarksIn([
      [kinds.length !== 1, [], 'write one operation, such as rollback: {service: api}'],
    ]),
    ...remarksIn([
      [
        asked.verify !== undefined &&
          (asked.verify.datastore === undefined) === (asked.verify.backup === undefined),
        ['verify'],
        'write datastore (its newest backup is proved) or backup, one of them',
      ],
    ]),
    ...names.flatMap(({ kind, key, value }) => {
      if (typeof value !== 'string' || value.includes('{{')) return [];
      if (key === 'service' && !services.includes(value))
        return [{ path: [kind, key], message: noSuch('service', value, services) }];
      if (key === 'datastore' && !stores.includes(value))
        return [{ path: [kind, key], message: noSuch('datastore', value, stores) }];
      return [];
    }),
  ];
}
