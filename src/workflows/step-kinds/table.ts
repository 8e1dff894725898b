// Every kind of step, and of undo: what each asks of an activity, and what the answer comes to. A new kind is one row here
// and one activity.
import type { ActivityAnswer } from '../../activities/boundary.ts';
import type { PlanStep, StepAction } from '../../domain/operation/plan.ts';
import { plainResult, type StepResult } from '../../domain/operation/step-result.ts';
import type { UndoEntry } from '../../domain/operation/undo.ts';
import { backup, compareLive, conclude, discard, keepCopy, retention } from './backup-kinds.ts';
import {
  concludeRecovery,
  inventoryAfter,
  inventoryBefore,
  lookBothWays,
  production,
} from './drill-kinds.ts';
import { rung } from './rung-kind.ts';
import {
  admit,
  changes,
  check,
  ready,
  retire,
  said,
  scaleBack,
  settle,
  shifted,
  stop,
  watch,
  weights,
} from './service-kinds.ts';
import {
  concludeExchange,
  exchange,
  flush,
  bindElsewhere,
  judgeLive,
  judgeMoved,
  liftFence,
  lookAhead,
  lookLost,
  lossAgainst,
  quiet,
  warmLive,
  writeFence,
} from './exchange-kinds.ts';
import { weighExchange } from './weigh-exchange.ts';
import {
  askMoved,
  askOutside,
  askWriter,
  migrate,
  startWriter,
  stopWriter,
} from './writer-kinds.ts';
import {
  awaited,
  change,
  choose,
  consent,
  leaseFor,
  look,
  manual,
  pause,
  operation,
  tell,
} from './written-kinds.ts';
import { runBeside } from './beside-kinds.ts';
import { work } from './maintain-kinds.ts';
import { ask, type ActionOf, type StepContext, type StepKind, type Work } from './step-kind.ts';
import {
  bind,
  close,
  empty,
  isolate,
  isolationProof,
  start,
  usable,
  warm,
} from './usable-kinds.ts';

const KINDS: { [Kind in StepAction['kind']]: StepKind<ActionOf<Kind>> } = {
  check,
  ensure: changes('ensureRevision'),
  ready,
  weights,
  watch,
  hotfix: watch,
  opening: watch,
  stop,
  admit,
  scale: changes('scaleRevision'),
  restart: changes('restartRevision'),
  retire,
  scaleBack,
  settle,
  remove: changes('removeRevision'),
  backup,
  retention,
  rung,
  conclude,
  discard,
  compareLive,
  keepCopy,
  lookBothWays,
  inventory: inventoryBefore,
  isolate,
  fence: isolationProof,
  bind,
  start,
  empty,
  warm,
  usable,
  production,
  close,
  concludeRecovery,
  lookAhead,
  writeFence,
  quiet,
  lossAgainst,
  weighExchange,
  exchange,
  judgeLive,
  liftFence,
  lookLost,
  bindElsewhere,
  judgeMoved,
  flush,
  warmLive,
  stopWriter,
  startWriter,
  migrate,
  runBeside,
  askWriter,
  askOutside,
  askMoved,
  concludeExchange,
  look,
  do: change,
  manual,
  choose,
  pause,
  await: awaited,
  tell,
  consent,
  operation,
  work,
};

export function kindOf({ action }: PlanStep): StepKind {
  if (action.kind === 'inventory' && action.when === 'after') return inventoryAfter;
  return KINDS[action.kind];
}

/** What takes a step back; changes of a service are made under its lease. */
export function undoWork(
  entry: UndoEntry,
  { expected, leased, plan }: Pick<StepContext, 'expected' | 'leased' | 'plan'>,
): Work {
  const undo = { profile: 'undo', answered: undone } as const;
  switch (entry.verb) {
    case 'setWeights': {
      const { service } = entry;
      return ask({
        ...undo,
        activity: 'shiftTraffic',
        told: { expect: expected(service), back: true },
        lease: service,
        answered: (answer) => ({ ...shifted(service, answer), event: { type: 'undone' } }),
      });
    }
    case 'removeRevision':
      return ask({ ...undo, activity: 'removeRevision', told: {}, lease: entry.service });
    case 'scale':
    case 'settle': {
      const activity = entry.verb === 'scale' ? 'scaleRevision' : 'settleService';
      return ask({ ...undo, activity, told: { back: true }, lease: entry.service });
    }
    case 'admit': {
      const { service } = entry;
      return ask({
        ...undo,
        activity: 'admitService',
        told: { back: true },
        lease: service,
        answered: (answer) => ({ ...shifted(service, answer), event: { type: 'undone' } }),
      });
    }
    case 'liftFence':
      return ask({ ...undo, activity: 'liftFence', told: {}, lease: entry.datastore });
    case 'startWriter':
      return writerAgain(entry, leased);
    case 'discardCopy':
      return ask({ ...undo, activity: 'discardCopy', told: {}, answered: discarded });
    case 'closeTarget':
      return ask({ ...undo, activity: 'closeTarget', told: {} });
    case 'takeBack':
      return ask({
        ...{ ...undo, profile: 'wait' as const, activity: 'makeChange' as const },
        ...{ told: { back: true as const }, lease: leaseFor(plan.leases) },
      });
    case 'byHand':
      return {
        asks: { kind: 'tick', text: entry.text },
        replied: ({ by }) => plainResult({ type: 'undone' }, { detail: `ticked by ${by}` }),
      };
  }
}

/** A writer that a person stopped is that person's to start. */
function writerAgain(
  { writer, byHand }: Extract<UndoEntry, { verb: 'startWriter' }>,
  [lease]: StepContext['leased'],
): Work {
  const note = `${writer} was stopped by hand: start it again`;
  if (byHand === true) return plainResult({ type: 'undone' }, { notes: [note] });
  return ask({
    ...{ profile: 'undo', answered: undone, activity: 'startWriter', told: {} },
    ...(lease !== undefined && { lease }),
  });
}

/** What a datastore's own service made is removed by people only. */
function discarded(answer: ActivityAnswer<{ detail: string; left?: string }>): StepResult {
  const { left } = answer.value;
  if (left === undefined) return undone(answer);
  return { ...said(answer), event: { type: 'undoFailed', message: left } };
}

function undone(answer: ActivityAnswer<{ detail: string }>): StepResult {
  return { ...said(answer), event: { type: 'undone' } };
}
