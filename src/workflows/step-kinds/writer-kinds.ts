// Steps on who writes beside users: programs that commands stop and start, and what people are asked to do by hand.
import { adoptedIn } from '../../domain/recovery/live/adopted.ts';
import { takenBackups } from '../../domain/recovery/live/candidates.ts';
import { plainResult } from '../../domain/operation/step-result.ts';
import { said } from './service-kinds.ts';
import { ask, type ActionOf, type StepContext, type StepKind, type Work } from './step-kind.ts';

export const stopWriter: StepKind<ActionOf<'stopWriter'>> = {
  whenFailed: 'fails',
  begin: ({ leased: [lease] }) =>
    ask({
      activity: 'stopWriter',
      told: {},
      profile: 'wait',
      ...(lease !== undefined && { lease }),
      answered: said,
    }),
};

export const startWriter: StepKind<ActionOf<'startWriter'>> = {
  whenFailed: 'fails',
  begin: ({ leased: [lease] }) =>
    ask({
      activity: 'startWriter',
      told: {},
      profile: 'wait',
      ...(lease !== undefined && { lease }),
      answered: said,
    }),
};

export const migrate: StepKind<ActionOf<'migrate'>> = {
  whenFailed: 'fails',
  begin: ({ leased: [lease] }) =>
    ask({
      activity: 'migrateLive',
      told: {},
      profile: 'wait',
      ...(lease !== undefined && { lease }),
      answered: said,
    }),
};

export const askWriter: StepKind<ActionOf<'askWriter'>> = {
  whenFailed: 'fails',
  begin(context) {
    const { writer, to } = context.action;
    const what = to === 'stop' ? 'stopped, so that it writes nothing more' : 'started again';
    return doneByHand(context, {
      wanted: `${writer} has to be ${what}: it is outside of the system, and nobody can do that but people.`,
      done: `${writer} is ${to === 'stop' ? 'stopped' : 'started'}`,
    });
  },
};

export const askOutside: StepKind<ActionOf<'askOutside'>> = {
  whenFailed: 'fails',
  begin(context) {
    const { loaded, action, plan, results } = context;
    const list = loaded.system.recovery?.outside?.find(({ name }) => name === action.name);
    const points = takenBackups(plan, results).map(
      ({ id, recoveryPoint }) => `${recoveryPoint.notAfter} (${id})`,
    );
    const adopted = adoptedIn(plan).map(({ what }) => `${what} was made`);
    return doneByHand(context, {
      wanted: `${action.name}, sent since ${[...points, ...adopted].join(', ')}, may be of what is lost now: ${list?.look ?? ''}`,
      done: `${action.name} was looked through`,
    });
  },
};

export const askMoved: StepKind<ActionOf<'askMoved'>> = {
  whenFailed: 'fails',
  begin(context) {
    const { datastore, service, where } = context.action;
    return doneByHand(context, {
      wanted: `${service} is started with an address of ${datastore} that its configuration does not read from {{binding.${datastore}...}}: ${datastore} is at ${where} now. Bring it there (a name in DNS, a proxy, what it reads), or see that it need not be told.`,
      done: `${service} finds ${datastore} at ${where}`,
    });
  },
};

/** Waits until a person has ticked it. */
function doneByHand(
  { step }: StepContext,
  { wanted, done }: { wanted: string; done: string },
): Work {
  return {
    asks: { kind: 'tick', text: wanted },
    replied: ({ by, note }) => {
      const reason = `${by} says that ${done}${note === '' ? '' : `: ${note}`}`;
      const finding = { name: step.id, verdict: 'pass', reason, samples: 1 } as const;
      return plainResult({ type: 'ticked' }, { detail: reason, findings: [finding] });
    },
  };
}
