// Takes back what an operation did, one entry at a time; what cannot be taken back is left over, and said.
import type { RunbookEvent } from '../../domain/runbook-state.ts';
import { describeUndo, type UndoEntry } from '../../domain/undo.ts';
import { failureOf } from './call.ts';
import { expectedWeights, mutate, readyDeadline } from './perform.ts';
import { placeIn, record, type Run } from './run.ts';

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
  const step = { id: `undo-${entry.step}`, title, action: { service: entry.service } };
  const place = placeIn(run, entry.service);
  try {
    switch (entry.verb) {
      case 'setWeights': {
        const expect = expectedWeights(run, entry.service);
        const deadline = readyDeadline(run, entry.service);
        const input = { place, weights: entry.weights, expect, deadline };
        return await mutate(run, step, 'shiftTraffic', input, 'undo');
      }
      case 'removeRevision':
        return await mutate(
          run,
          step,
          'removeRevision',
          { place, revision: entry.revision },
          'undo',
        );
      case 'scale': {
        const { revision, replicas } = entry;
        return await mutate(run, step, 'scaleRevision', { place, revision, replicas }, 'undo');
      }
    }
  } catch (error) {
    const failure = failureOf(error);
    if (failure === undefined) throw error;
    return { type: 'failed', ...failure };
  }
}
