// An operation that a freeze or a closed change window holds: it makes no change, says by whom and until when, and goes on when nothing holds it any
// more. What is deployed half-way is judged all the while, and people can still abort.
import { CancellationScope, isCancellation, sleep } from '@temporalio/workflow';
import type { Held } from '../../activities/freezes.ts';
import type { MachineEvent } from '../../domain/operation/machine-state.ts';
import { callAside, type CallFailure } from '../steps/call.ts';
import { watched } from '../steps/gate-watch.ts';
import { settledUntil, waiting, writeRecord } from '../steps/wait.ts';
import { record } from '../steps/record.ts';
import type { Run } from '../steps/run.ts';

/** Until it is tried again (ms) where the activity that waits for the thaw has failed. */
const TRY_AGAIN_MS = 30_000;
const LOOK_AGAIN_MS = 86_400_000;

/** What holds the change that failed with this; undefined where it failed for another reason. */
export function heldBy({ kind, details }: CallFailure): Held | undefined {
  return kind === 'Frozen' ? (details as Held) : undefined;
}

/** Waits before there is a plan, holding no lease. */
export async function holdBefore(run: Run, held: Held): Promise<void> {
  await whileHeld(run, held, 'it began', () => untilThawed(run, held, () => false));
}

/** Waits before a change; answers the event of what was found bad meanwhile. */
export async function holdAt(
  run: Run,
  held: Held,
  step: string,
): Promise<MachineEvent | undefined> {
  const by = held.window === undefined ? 'a freeze' : 'a closed change window';
  const how = { at: 'pause', during: `${step} was held by ${by}`, undoes: true } as const;
  let bad: MachineEvent | undefined;
  await whileHeld(run, held, step, async () => {
    bad = await watched(run, how, async (isBad) => {
      await untilThawed(run, held, isBad);
      return true;
    });
  });
  return bad;
}

export const HOTFIX_NEEDS_REASON =
  'a hotfix needs a reason: whoever lets it through wants to know why (--reason)';

/** Why an operation is refused that a closed window holds and that does not wait; undefined where it waits. */
export function refusalOf(
  { runbook: { asks }, request }: Run,
  { window, why }: Held,
): string | undefined {
  // What cannot be asked to wait has nobody who would ask again.
  const isAsked = asks.optional.includes('waitForWindow');
  if (window === undefined || request.waitForWindow === true || !isAsked) return undefined;
  return `${why}. Ask again then, wait for it (--wait-for-window), or have it let through (--hotfix)`;
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

async function untilThawed(run: Run, held: Held, isBad: () => boolean): Promise<void> {
  let isThawed = false;
  const scope = new CancellationScope();
  const { system } = run.request;
  const step = run.progress.step ?? 'freeze';
  const summary = `Wait until ${system} ${held.window === undefined ? 'is thawed' : 'may be changed'}`;
  void scope
    .run(async () => {
      // Weeks may go by until a window opens: no worker waits for that.
      const opens = held.window === undefined ? 0 : untilMs(held);
      if (opens > 0) await sleep(opens, { summary: `Until ${held.until ?? ''}: ${summary}` });
      await callAside(run, 'awaitThaw', toldOf(run, held), {
        step,
        summary,
        profile: 'watch',
      }).catch(async (error: unknown) => {
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

/** Milliseconds until the window opens; a day where none is known to come, for the clocks and zones of then. */
function untilMs({ until }: Held): number {
  return until === null ? LOOK_AGAIN_MS : Math.max(0, Date.parse(until) - Date.now());
}

/** A hotfix waits for the end of a freeze only: people are asked about the window. */
function toldOf({ request }: Run, { window }: Held) {
  const { system, hotfix } = request;
  const needMs = window?.needMs ?? 0;
  return {
    system,
    ...(needMs > 0 && { needMs }),
    ...(window === undefined && hotfix === true && { passesWindows: true }),
  };
}
