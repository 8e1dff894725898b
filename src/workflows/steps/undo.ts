// Takes back what an operation did, one entry at a time; what cannot be taken back is left over, and said.
import type { RunbookEvent } from '../../domain/runbook-state.ts';
import { describeUndo, inNobodysWay, type OwnEntry, type UndoEntry } from '../../domain/undo.ts';
import { call, failureOf } from './call.ts';
import { expectedWeights, mutate, readyDeadline } from './perform.ts';
import { placeIn, record, type Run } from './run.ts';
import type { Named } from './under-lease.ts';

export async function performUndo(run: Run, entry: UndoEntry): Promise<RunbookEvent> {
  const title = `Undo ${describeUndo(entry)}`;
  const event = await attempt(run, entry, title);
  const done = event.type === 'done';
  const detail = event.type === 'failed' ? event.message : describeUndo(entry);
  record(run, {
    type: 'undo',
    step: entry.step,
    verb: entry.verb,
    status: done ? 'done' : 'failed',
    detail,
  });
  return done ? { type: 'undone' } : { type: 'undoFailed', message: `${title}: ${detail}` };
}

async function attempt(run: Run, entry: UndoEntry, title: string): Promise<RunbookEvent> {
  const step = { id: `undo-${entry.step}`, title };
  try {
    if (!inNobodysWay(entry)) return await takeBack(run, step, entry);
    await takeOwnBack(run, step, entry);
    return { type: 'done' };
  } catch (error) {
    const failure = failureOf(error);
    if (failure === undefined) throw error;
    return { type: 'failed', ...failure };
  }
}

/** What this operation made for itself, and no lease is about. */
async function takeOwnBack(run: Run, step: Named, entry: OwnEntry): Promise<void> {
  const options = { profile: 'undo', step: step.id, summary: step.title } as const;
  if (entry.verb === 'discardCopy') await call(run, 'discardCopy', { copy: entry.copy }, options);
  else await call(run, 'closeTarget', { target: entry.target }, options);
}

/** What was done to a service, under its lease. */
function takeBack(
  run: Run,
  step: Named,
  entry: Exclude<UndoEntry, OwnEntry>,
): Promise<RunbookEvent> {
  const { service } = entry;
  const place = placeIn(run, service);
  switch (entry.verb) {
    case 'setWeights': {
      const expect = expectedWeights(run, service);
      const input = {
        place,
        weights: entry.weights,
        expect,
        deadline: readyDeadline(run, service),
      };
      return mutate(run, step, service, 'shiftTraffic', input, 'undo');
    }
    case 'removeRevision': {
      const input = { place, revision: entry.revision };
      return mutate(run, step, service, 'removeRevision', input, 'undo');
    }
    case 'scale': {
      const { revision, replicas } = entry;
      return mutate(run, step, service, 'scaleRevision', { place, revision, replicas }, 'undo');
    }
  }
}
