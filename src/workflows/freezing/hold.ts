// An operation that a freeze holds: it makes no change, says by whom and until when, and goes on when nothing holds it any
// more. What is deployed half-way is judged all the while, and people can still abort.
import { CancellationScope, isCancellation, sleep } from '@temporalio/workflow';
import type { Held } from '../../activities/freezes.ts';
import type { MachineEvent } from '../../domain/operation/machine-state.ts';
import { callAside, type CallFailure } from '../steps/call.ts';
import { watched } from '../steps/gate-watch.ts';
import { settledUntil, waiting, writeRecord } from '../steps/people.ts';
import { record } from '../steps/record.ts';
import type { Run } from '../steps/run.ts';

/** Until it is tried again (ms) where the activity that waits for the thaw has failed. */
const TRY_AGAIN_MS = 30_000;

/** What holds the change that failed with this; undefined where it failed for another reason. */
export function heldBy({ kind, details }: CallFailure): Held | undefined {
  return kind === 'Frozen' ? (details as Held) : undefined;
}

/** Waits before there is a plan, holding no lease. */
export async function holdBefore(run: Run, held: Held): Promise<void> {
  await whileHeld(run, held, 'it began', () => untilThawed(run, () => false));
}

/** Waits before a change; answers the event of what was found bad meanwhile. */
export async function holdAt(
  run: Run,
  held: Held,
  step: string,
): Promise<MachineEvent | undefined> {
  const how = { at: 'pause', during: `${step} was held by a freeze`, undoes: true } as const;
  let bad: MachineEvent | undefined;
  await whileHeld(run, held, step, async () => {
    bad = await watched(run, how, async (isBad) => {
      await untilThawed(run, isBad);
      return true;
    });
  });
  return bad;
}

async function whileHeld(
  run: Run,
  held: Held,
  before: string,
  wait: () => Promise<void>,
): Promise<void> {
  run.progress.held = held;
  record(run, { type: 'finding', text: `held before ${before}: ${held.why}` });
  try {
    await writeRecord(run, `Held: ${held.why}`);
    await waiting(run, wait);
    record(run, { type: 'finding', text: 'held no more: it goes on' });
  } finally {
    delete run.progress.held;
  }
}

async function untilThawed(run: Run, isBad: () => boolean): Promise<void> {
  let isThawed = false;
  const scope = new CancellationScope();
  const { system } = run.request;
  const options = {
    step: run.progress.step ?? 'freeze',
    summary: `Wait until ${system} is thawed`,
    profile: 'watch',
  } as const;
  void scope
    .run(async () => {
      await callAside(run, 'awaitThaw', { system }, options).catch(async (error: unknown) => {
        if (isCancellation(error)) throw error;
        await sleep(TRY_AGAIN_MS, { summary: 'Waiting for the thaw failed: try again' });
      });
    })
    .catch(() => undefined)
    .finally(() => {
      isThawed = true;
    });
  try {
    await settledUntil(run, () => isThawed || isBad());
  } finally {
    scope.cancel();
  }
}
