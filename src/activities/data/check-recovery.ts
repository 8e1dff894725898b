// Works out whether a system is recoverable, keeps that for the worker's metrics, and tells people when it changed: once
// per change and channel, also when it is tried again after a crash.
import { Failure } from '../../domain/failure.ts';
import { secretSource, type LoadedSystem } from '../../domain/loaded-system.ts';
import { changeTexts, channelsFor, noticeOf } from '../../domain/people/notice.ts';
import type { Recoverability } from '../../domain/recovery/recoverability.ts';
import { seenNow, type RecoverySeen } from '../../domain/recovery/recovery-seen.ts';
import type { Call } from '../call.ts';
import type { RecoveryLedgerPort } from '../../ports/recovery-ledger.ts';
import type { NotifyPort } from '../../ports/notify.ts';
import type { Redactor } from '../../ports/redactor.ts';
import type { SystemsPort } from '../../ports/systems.ts';
import { recoverabilityOf, type RecoveryPorts } from './recovery.ts';
import { redactionOf } from '../redaction.ts';

export interface CheckRecoveryPorts extends RecoveryPorts {
  systems: SystemsPort;
  ledger: RecoveryLedgerPort;
  notify: NotifyPort;
  redactor: Redactor;
}

export interface CheckedRecovery {
  system: string;
  /** `null` for a system that has nothing to recover. */
  recovery: Recoverability | null;
  /** Channels that were told of a change. */
  told: string[];
  /** Channels that could not be told; the next check tries again where that may help. */
  notTold: { channel: string; reason: string }[];
}

/** Tries of one check, for channels that may answer a moment later. */
const MOST_TRIES = 3;

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
  const pending = await tell(loaded, recovery, seen, { ...ports, call, checked, shown });
  if (pending.length === 0) await ledger.write({ ...seen, told: true });
  else if (call.attempt < MOST_TRIES) throw notYet(system, pending);
  return checked;
}

interface Telling {
  notify: NotifyPort;
  call: Call;
  checked: CheckedRecovery;
  shown: (text: string) => string;
}

/** The channels that may be reached another time; one that said no has said so. */
async function tell(
  { directory, system }: LoadedSystem,
  recovery: Recoverability,
  { changedAt }: RecoverySeen,
  { notify, call, checked, shown }: Telling,
): Promise<string[]> {
  const pending: string[] = [];
  const { state: event, why } = recovery;
  const facts = {
    operation: `check/${recovery.system}`,
    runId: call.run.runId,
    kind: 'checkRecovery',
    system: recovery.system,
    at: changedAt,
    requestedBy: null,
    reason: null,
    subject: { event, why },
  };
  const notice = noticeOf(changeTexts(facts, shown));
  for (const [name, channel] of Object.entries(channelsFor(system.notify, event))) {
    // The first part names the file that deliveries are noted in: one per system.
    const key = `recovery-${recovery.system}/${changedAt}/${name}`;
    try {
      const sent = await notify.send({ key, name, channel, directory, notice }, call);
      if (sent.delivered) checked.told.push(name);
      else checked.notTold.push({ channel: name, reason: shown(sent.reason) });
    } catch (error) {
      if (!(error instanceof Failure) || call.signal.aborted) throw error;
      const reason = shown(error.message);
      checked.notTold.push({ channel: name, reason });
      if (error.retryable) pending.push(`${name} (${reason})`);
    }
  }
  return pending;
}

function notYet(system: string, pending: readonly string[]): Failure {
  const which = pending.join(', ');
  return new Failure('Unavailable', `telling people about ${system}: not delivered yet: ${which}`);
}
