// The work of a maintenance window: a runbook of steps as a child, with moments at which people are asked whether it goes on,
// and what they may do where it failed.
import { childWords } from '../../domain/operation/child.ts';
import { COMPLETES } from '../../domain/operation/outcome.ts';
import { plainResult } from '../../domain/operation/step-result.ts';
import {
  GO_BACK,
  GO_ON,
  type ActionOf,
  type ChildAsked,
  type StepContext,
  type StepKind,
  type Work,
} from './step-kind.ts';

type Context = StepContext<ActionOf<'work'>>;

const RETRY = 'retry';
const WITHOUT = 'go-on-without';
const RESTORE = 'restore';

export const work: StepKind<ActionOf<'work'>> = { whenFailed: 'fails', begin: carriedOut };

function carriedOut(context: Context): Work {
  const { runbook, inputs } = context.action;
  return {
    child: {
      ...{ runbook: 'runbookOfSteps', asked: { runbook, inputs } },
      moments: momentsOf(context.action),
    },
    notStarted: ({ message }) => askedAfter(context, message),
    ended: (end) => {
      const detail = childWords(end);
      return COMPLETES.has(end.outcome)
        ? plainResult({ type: 'done' }, { detail })
        : askedAfter(context, detail);
    },
  };
}

function momentsOf({ endsAt, lastSafeAt }: ActionOf<'work'>): NonNullable<ChildAsked['moments']> {
  const answers = `${GO_ON} or ${GO_BACK} (the work is aborted, and takes back what it did)?`;
  const end = new Date(endsAt).toISOString();
  return [
    ...(lastSafeAt === null
      ? []
      : [
          {
            at: lastSafeAt,
            text: `the last safe moment to go back has come: a recovery begun later is not over when the window ends (${end}). The work goes on meanwhile: ${answers}`,
          },
        ]),
    {
      at: endsAt,
      text: `the window ended at ${end}, users are kept out and the work goes on: ${answers}`,
    },
  ];
}

/** Users are kept out until a person has said what comes now. */
function askedAfter(context: Context, why: string): Work {
  const { canRestore } = context.action;
  const restore = canRestore
    ? `; ${RESTORE}: the backup of this window takes the place of the data, after the questions of a recovery`
    : '';
  return {
    asks: {
      kind: 'choose',
      text: `the work is not done, and users are kept out: ${why}. ${RETRY}: it is begun anew; ${WITHOUT}: what it has not taken back stays, the system is checked and users are let in${restore}`,
      options: [RETRY, WITHOUT, ...(canRestore ? [RESTORE] : [])],
    },
    replied: ({ by, option, note }) => {
      if (option === RETRY) return carriedOut(context);
      if (option === RESTORE) return restored(context, `${by} chose ${RESTORE}`, why);
      const said = note === '' ? '' : `: ${note}`;
      return notDone(`${by} chose ${WITHOUT}${said}`, why);
    },
  };
}

/** The system is as it was before the work; the window goes on to its end, and has been rolled back. */
function restored(context: Context, chosen: string, why: string): Work {
  return {
    child: { runbook: 'recoverLive', asked: { mode: 'recover' } },
    notStarted: ({ message }) => askedAfter(context, message),
    ended: (end) => {
      const words = childWords(end);
      if (!COMPLETES.has(end.outcome)) return askedAfter(context, words);
      const wentBack = `the work failed (${why}), and its backup is in its place: ${words}`;
      return plainResult(
        { type: 'noted', verdict: 'fail', wentBack },
        { detail: `${chosen}; ${words}` },
      );
    },
  };
}

/** The window goes on to its end, and has failed. */
function notDone(chosen: string, why: string): Work {
  const leftovers = [`the work is not done: ${why}`];
  return plainResult(
    { type: 'noted', verdict: 'fail', leftovers },
    { detail: `${chosen}; ${why}` },
  );
}
