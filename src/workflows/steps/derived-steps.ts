// The steps of a drill for derived datastores: each starts empty, and is filled by the services that run on the copies.
import type { DerivedAction } from '../../domain/derived.ts';
import type { PlanStep } from '../../domain/plan.ts';
import type { RunbookEvent } from '../../domain/runbook-state.ts';
import { call } from './call.ts';
import { unparked } from './data-steps.ts';
import { doubting, looking, note, verdictOf } from './drill-steps.ts';
import { leasedNames, storeIn, type Run } from './run.ts';
import { changeUnderLease, endStep } from './under-lease.ts';

type ActionOf<Kind extends DerivedAction['kind']> = Extract<DerivedAction, { kind: Kind }>;

export function derivedStep(run: Run, step: PlanStep, action: DerivedAction) {
  return unparked(() =>
    action.kind === 'empty'
      ? doubting(run, step, 'ends', () => empty(run, step, action))
      : doubting(run, step, 'goes on', () => warm(run, step, action)),
  );
}

function empty(
  run: Run,
  step: PlanStep,
  { datastore, copy }: ActionOf<'empty'>,
): Promise<RunbookEvent> {
  const input = { target: { copy, store: storeIn(run, datastore) } };
  return changeUnderLease(run, step, leasedNames(run)[0], 'emptyCopy', input, 'wait');
}

async function warm(
  run: Run,
  step: PlanStep,
  { datastore, copy, target, requests }: ActionOf<'warm'>,
): Promise<RunbookEvent> {
  const warmed = { copy, store: storeIn(run, datastore) };
  const services = [...new Set(requests.map(({ service }) => service))];
  const running = services.filter((service) => verdictOf(run, `start-${service}`) === 'pass');
  const input = { target, warmed, requests, running };
  const { value, attempts } = await call(run, 'warmCopy', input, looking(step));
  note(run, step, [value]);
  endStep(run, step, attempts, value.reason);
  return { type: 'noted', verdict: value.verdict };
}
