// What an open operation waits for and whom, for `fairlead list`: asked of the operations themselves, which only
// a worker can answer.
import { gateCommand, verbOf } from '../domain/answers.ts';
import type { OperationState } from '../domain/outcome.ts';
import type { GateStatus, OperationStatus } from '../domain/status.ts';
import { askStatus } from './ask-status.ts';
import type { Temporal } from './connect.ts';
import type { RunName } from './ending.ts';

export interface WaitsFor {
  /** The gate that is open; missing where it is not a gate. */
  gate?: string;
  step?: string;
  /** `approval promote 0/1`, `parked: ...`, `paused by ana; ...` */
  what: string;
  /** Who may answer, in words. */
  who: string[];
  /** ISO 8601; `null` when a worker of before does not say. */
  since: string | null;
  /** Answers it. */
  command: string;
  /** Everything that would answer it; `command` is the first of them. */
  commands: string[];
}

export interface Waiting extends RunName {
  state: OperationState;
}

export interface Answers {
  /** By run id; one that did not answer is missing. */
  found: ReadonlyMap<string, WaitsFor>;
  /** How many were left without an answer. */
  unanswered: number;
}

const AT_ONCE = 50;
const ASK_WITHIN_MS = 1000;
const WAITING: ReadonlySet<OperationState> = new Set(['waiting', 'parked', 'paused']);

/** Asks those that wait, at most 50 at the same time; once none of them answered, no more of them. */
export async function askWaits(
  temporal: Temporal,
  operations: readonly Waiting[],
): Promise<Answers> {
  const left = operations.filter((one) => WAITING.has(one.state));
  const found = new Map<string, WaitsFor>();
  let unanswered = 0;
  for (let at = 0; at < left.length; at += AT_ONCE) {
    const some = left.slice(at, at + AT_ONCE);
    const answers = await Promise.all(
      some.map(async (one) => askStatus(temporal, one, ASK_WITHIN_MS)),
    );
    const heard = answers.flatMap((one) => (one.from === 'worker' ? [one.status] : []));
    for (const status of heard) {
      const waits = waitsForOf(status);
      if (waits !== undefined) found.set(status.runId, waits);
    }
    unanswered += some.length - heard.length;
    if (heard.length === 0) return { found, unanswered: left.length - at };
  }
  return { found, unanswered };
}

/** Nothing when it does not wait any more. */
export function waitsForOf(status: OperationStatus): WaitsFor | undefined {
  const { operation, state, note, step } = status;
  const since = status.waitingSince ?? null;
  const at = step === undefined ? {} : { step };
  const [gate] = status.gates;
  if (gate !== undefined) return waitsAtGate(operation, gate, since);
  if (state === 'parked') {
    const commands = (status.answers ?? ['retryStep', 'abort']).map(
      (name) => `fairlead ${verbOf(name)} ${operation}`,
    );
    const what = `parked: ${note ?? 'a step needs an answer'}`;
    return waits({ ...at, what, since }, commands);
  }
  if (state === 'paused') {
    const what = note ?? 'paused; send resume to go on';
    return waits({ ...at, what, since }, [`fairlead resume ${operation}`]);
  }
  return undefined;
}

function waitsAtGate(operation: string, gate: GateStatus, since: string | null): WaitsFor {
  const { id, policy, have, need, who, openedAt } = gate;
  const what = `approval ${policy} ${have}/${need}`;
  const commands = [gateCommand('approve', operation, id), gateCommand('reject', operation, id)];
  return { ...waits({ gate: id, what, since: openedAt ?? since }, commands), who };
}

function waits(
  what: Pick<WaitsFor, 'what' | 'since' | 'gate' | 'step'>,
  commands: string[],
): WaitsFor {
  return { ...what, who: ['anyone'], command: commands[0] ?? '', commands };
}
