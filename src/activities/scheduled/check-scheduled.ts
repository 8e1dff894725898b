// Looks how the runbooks on a system's schedule stand, keeps that for the worker's metrics, and tells people of what was missed,
// left open or failed: once for each, also when it is tried again after a crash.
import { secretSource } from '../../domain/loaded-system.ts';
import type { ScheduledRunbook } from '../../domain/time/scheduled.ts';
import type { Clock } from '../../ports/clock.ts';
import type { NotifyPort } from '../../ports/notify.ts';
import type { Redactor } from '../../ports/redactor.ts';
import type { ScheduledLedgerPort } from '../../ports/steps/scheduled-ledger.ts';
import type { SystemsPort } from '../../ports/systems.ts';
import type { Call } from '../call.ts';
import { tellOfSystem, tryAgain, type Told } from '../record/tell-of-system.ts';
import { redactionOf } from '../redaction.ts';
import { scheduledOf } from './scheduled.ts';

export interface CheckScheduledPorts {
  systems: SystemsPort;
  scheduled: ScheduledLedgerPort;
  notify: NotifyPort;
  redactor: Redactor;
  clock: Pick<Clock, 'now'>;
}

export interface CheckedScheduled extends Told {
  system: string;
  runbooks: ScheduledRunbook[];
}

export async function checkScheduled(
  { system }: { system: string },
  call: Call,
  { systems, scheduled, notify, redactor, clock }: CheckScheduledPorts,
): Promise<CheckedScheduled> {
  const loaded = await systems.load(system);
  const shown = await redactionOf(redactor, secretSource(loaded), [system]);
  const now = clock.now();
  const at = new Date(now).toISOString();
  const runbooks = shown(await scheduledOf(loaded, now));
  await scheduled.write({
    ...{ schema: 'fairlead/scheduled-seen/v1', system, checkedAt: at },
    runbooks: runbooks.map(({ runbook, state, attention }) => ({ runbook, state, attention })),
  });
  const checked: CheckedScheduled = { system, runbooks, told: [], notTold: [] };
  const pending: string[] = [];
  for (const one of runbooks.filter(({ attention }) => attention)) {
    const { operation, runbook, state, text, due } = one;
    const facts = {
      ...{ operation, runId: call.run.runId, kind: 'checkScheduled', system, at },
      ...{ requestedBy: null, reason: null, subject: { event: 'overdue', text } as const },
    };
    const key = `scheduled-${system}/${runbook}/${state}/${due ?? 'never'}`;
    pending.push(
      ...(await tellOfSystem({ loaded, facts, key, told: checked, shown }, call, notify)),
    );
  }
  tryAgain(system, pending, call);
  return checked;
}
