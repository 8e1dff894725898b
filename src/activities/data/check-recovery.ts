// Works out whether a system is recoverable, keeps that for the worker's metrics, and tells people when it changed: once
// per change and channel, also when it is tried again after a crash.
import { secretSource, type LoadedSystem } from '../../domain/loaded-system.ts';
import type { Recoverability } from '../../domain/recovery/recoverability.ts';
import { seenNow } from '../../domain/recovery/recovery-seen.ts';
import type { Call } from '../call.ts';
import type { RecoveryLedgerPort } from '../../ports/recovery-ledger.ts';
import type { NotifyPort } from '../../ports/notify.ts';
import type { Redactor } from '../../ports/redactor.ts';
import type { SystemsPort } from '../../ports/systems.ts';
import { recoverabilityOf, type RecoveryPorts } from './recovery.ts';
import { tellOfSystem, tryAgain, type TellOfSystem, type Told } from '../record/tell-of-system.ts';
import { redactionOf } from '../redaction.ts';

export interface CheckRecoveryPorts extends RecoveryPorts {
  systems: SystemsPort;
  ledger: RecoveryLedgerPort;
  notify: NotifyPort;
  redactor: Redactor;
}

/** Who was told of a change; the next check tries those again that could not be, where that may help. */
export interface CheckedRecovery extends Told {
  system: string;
  /** `null` for a system that has nothing to recover. */
  recovery: Recoverability | null;
}

export async function checkRecovery(
  { system }: { system: string },
  call: Call,
  ports: CheckRecoveryPorts,
): Promise<CheckedRecovery> {
  const { ledger, clock, redactor } = ports;
  const loaded = await ports.systems.load(system);
  const recovery = await recoverabilityOf(loaded, call, ports);
  const names = [system, ...Object.keys(loaded.system.datastores ?? {})];
  const shown = await redactionOf(redactor, secretSource(loaded), names);
  const checked: CheckedRecovery = { system, recovery: shown(recovery), told: [], notTold: [] };
  if (recovery === null) return checked;
  const at = new Date(clock.now()).toISOString();
  const seen = seenNow(recovery, await ledger.read(system), at);
  // Kept before anybody is told: the next try knows the change by the same name.
  await ledger.write(seen);
  if (seen.told) return checked;
  const { changedAt } = seen;
  const pending = await tell({ loaded, recovery, changedAt }, call, ports.notify, {
    told: checked,
    shown,
  });
  if (pending.length === 0) await ledger.write({ ...seen, told: true });
  tryAgain(system, pending, call);
  return checked;
}

/** The channels that may be reached another time. */
async function tell(
  {
    loaded,
    recovery,
    changedAt,
  }: { loaded: LoadedSystem; recovery: Recoverability; changedAt: string },
  call: Call,
  notify: NotifyPort,
  about: Pick<TellOfSystem, 'told' | 'shown'>,
): Promise<string[]> {
  const { state: event, why, system } = recovery;
  const facts = {
    operation: `check/${system}`,
    runId: call.run.runId,
    kind: 'checkRecovery',
    system,
    at: changedAt,
    requestedBy: null,
    reason: null,
    subject: { event, why },
  };
  const key = `recovery-${system}/${changedAt}`;
  return tellOfSystem({ loaded, facts, key, ...about }, call, notify);
}
