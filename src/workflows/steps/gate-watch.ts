// Watches while people are waited for: one activity, on a task queue of its own, repeats the bake of the last step that has
// one. What it finds bad is undone at once; whoever decides hears its last verdict. Told people only, where the world is not
// as the operation left it.
import { CancellationScope, condition, isCancellation } from '@temporalio/workflow';
import { nextBake } from '../../domain/analysis/bake-progress.ts';
import {
  endOfLostWatch,
  inWords,
  lastWordOf,
  type GateWatchEnd,
} from '../../domain/analysis/gate-watch.ts';
import type { MachineEvent } from '../../domain/operation/machine-state.ts';
import { watchedStep } from '../../domain/operation/read-machine.ts';
import { callAside, failureOf, lastBeatOf } from './call.ts';
import { endingFailure } from './ending-failure.ts';
import { isoOf, type GateWatch, type WaitingFor } from './gate-watch-state.ts';
import type { Ruling } from './handle-message.ts';
import { tellOfParking } from './notices.ts';
import { record } from './record.ts';
import { keptPlanOf, machineOf, type Run } from './run.ts';

/** How long (ms) whoever decides waits for the last verdict: a worker that does not beat is given up after 5 s. */
const LAST_WORD_MS = 6000;
/** A watch that is over sooner (ms) may not have been taken up yet. */
const BEGINS_WITHIN_MS = 2000;

/**
 * Waits by `wait` while the gate watch goes on, where there is something to judge. `wait` has to end when `isBad` says so;
 * it answers whether whoever decided should hear the last verdict. Answers the event of what was found bad.
 */
export async function watched(
  run: Run,
  how: WaitingFor,
  wait: (isBad: () => boolean) => Promise<boolean>,
): Promise<MachineEvent | undefined> {
  const watch = begin(run, how);
  try {
    const wantsLastWord = await wait(() => isBad(watch));
    if (watch === undefined) return undefined;
    watch.cancel();
    if (wantsLastWord) await condition(() => watch.end !== undefined, LAST_WORD_MS);
    const { end = unobserved(watch, 'its worker did not answer in time') } = watch;
    watch.end = end;
    return wantsLastWord || isBad(watch) ? conclude(run, watch, end) : undefined;
  } finally {
    // Whoever waits for the last verdict hears something, also when an interrupt came first.
    if (watch !== undefined) watch.end ??= unobserved(watch, 'the operation was interrupted');
    delete run.people.watch;
  }
}

function isBad(watch: GateWatch | undefined): boolean {
  return watch?.undoes === true && watch.end?.failed !== undefined;
}

/** The note of an accepted message, with the last verdict where it decided. Throws the refusal when that was a fail. */
export async function withLastWord(run: Run, { decides, note }: Ruling): Promise<string> {
  const { watch } = run.people;
  // A pause can end while a gate is waited for, whose watch goes on.
  if (watch === undefined || decides !== watch.at) return note;
  await condition(() => watch.end !== undefined);
  const { end } = watch;
  if (end === undefined) return note;
  const said = lastWordOf(end, Date.now());
  if (isBad(watch)) {
    throw endingFailure('Refused', `${note}; but it was found bad and is undone: ${said}`);
  }
  return `${note}; ${said}`;
}

/** Undefined where there is nothing to judge. */
function begin(run: Run, how: WaitingFor): GateWatch | undefined {
  const step = watchedStep(machineOf(run));
  if (step === undefined) return undefined;
  const scope = new CancellationScope();
  const watch: GateWatch = {
    ...how,
    step,
    since: Date.now(),
    cancel: () => {
      scope.cancel();
    },
  };
  run.people.watch = watch;
  const summary = `Watch while ${how.during}: ${step.title}`;
  const { baked } = run.progress;
  const resume = baked?.step === step.id ? nextBake(baked.progress, watch.since) : null;
  const input = { plan: keptPlanOf(run), step: step.id, told: { resume } };
  const options = { step: step.id, summary, profile: 'watch' } as const;
  void scope
    .run(() => callAside(run, 'watchWhileWaiting', input, options))
    .then(
      (end) => {
        watch.end = end;
        if (end.bake !== undefined) run.progress.baked = { step: step.id, progress: end.bake };
        // One whose worker died may end long after what it watched, when nobody decides any more.
        const isOver = run.people.watch !== watch;
        if (!watch.undoes && !isOver && end.failed !== undefined) tellOf(run, watch, end);
      },
      (error: unknown) => {
        watch.end = endedBy(watch, error);
      },
    );
  return watch;
}

function endedBy(watch: GateWatch, error: unknown): GateWatchEnd {
  const { since } = watch;
  const isEarly = Date.now() - since < BEGINS_WITHIN_MS;
  if (isCancellation(error)) {
    return isEarly
      ? { since, bakes: 0, judged: null }
      : unobserved(watch, 'no worker had begun to look');
  }
  const reason = failureOf(error)?.message ?? String(error);
  return endOfLostWatch(lastBeatOf(error), reason) ?? unobserved(watch, reason);
}

function unobserved({ since }: GateWatch, reason: string): GateWatchEnd {
  return { since, bakes: 0, judged: null, unobserved: { since, reason } };
}

/** Records the last verdict, and what it comes to. */
function conclude(run: Run, watch: GateWatch, end: GateWatchEnd): MachineEvent | undefined {
  const { step, during } = watch;
  const { judged, failed, unobserved: blind } = end;
  if (failed !== undefined) {
    for (const finding of failed) record(run, { type: 'verdict', step: step.id, ...finding });
    const message = `while ${during}: ${inWords({ verdict: 'fail', findings: failed })}`;
    return watch.undoes ? { type: 'watched', message } : undefined;
  }
  for (const finding of judged?.findings ?? []) {
    const reason = `while ${during}, in bake ${end.bakes}: ${finding.reason}`;
    record(run, { type: 'verdict', step: step.id, samples: 0, ...finding, reason });
  }
  if (blind !== undefined) {
    const text = `while ${during}, nobody looked since ${isoOf(blind.since)}: ${blind.reason}`;
    record(run, { type: 'finding', text });
  }
  return undefined;
}

/** The world is not as this operation left it: people decide, and are told of it. */
function tellOf(run: Run, watch: GateWatch, { failed = [] }: GateWatchEnd): void {
  const found = `${watch.step.id} was found bad: ${inWords({ verdict: 'fail', findings: failed })}`;
  record(run, { type: 'finding', text: `while ${watch.during}, ${found}` });
  tellOfParking(run, { found });
}
