// What an open operation waits for and whom, for `fairlead list`: asked of the operations themselves, which only
// a worker can answer.
import { commandText } from '../../domain/text/command-text.ts';
import { approveCommand, gateCommand, verbOf } from '../../domain/people/answers.ts';
import type { OperationState } from '../../domain/operation/outcome.ts';
import { EVERY_SYSTEM, freezeWords, type Freeze } from '../../domain/time/freeze.ts';
import type { GateStatus, OperationStatus } from '../../domain/operation/status.ts';
import { runbooksOfType } from '../../runbooks/index.ts';
import { askStatus } from './ask-status.ts';
import type { Temporal } from '../temporal/connect.ts';
import type { RunName } from './ending.ts';

export interface WaitsFor {
  /** The gate that is open; missing where it is not a gate. */
  gate?: string;
  step?: string;
  /** `approval promote 0/1`, `parked: ...`, `paused by ana; ...` */
  what: string;
  /** Who may answer, in words. */
  who: string[];
  /** ISO 8601; `null` when the worker is too old to say. */
  since: string | null;
  /** The first of `commands`. */
  command: string;
  /** Every command that answers what the operation waits for. */
  commands: string[];
}

export interface Waiting extends RunName {
  state: OperationState;
  system: string;
  /** The workflow type. */
  kind: string;
}

export interface Answers {
  /** By run id; operations that did not answer are missing. */
  found: ReadonlyMap<string, WaitsFor>;
  /** How many operations were asked, or left out, without an answer. */
  unanswered: number;
}

const AT_ONCE = 50;
const ASK_WITHIN_MS = 1000;
const WAITING: ReadonlySet<OperationState> = new Set(['waiting', 'parked', 'paused']);

/** Asks the operations that wait, or that a freeze or a closed change window may hold, 50 at a time; when none of 50 answered, no more are asked. */
export async function askWaits(
  temporal: Temporal,
  operations: readonly Waiting[],
  freezes: readonly Freeze[] = [],
): Promise<Answers> {
  const mayBeHeld = ({ state, system, kind }: Waiting): boolean =>
    state === 'running' &&
    (runbooksOfType(kind).some(({ goesForward }) => goesForward !== undefined) ||
      freezes.some(({ scope }) => [system, EVERY_SYSTEM].includes(scope)));
  // What surely waits first: of the others nobody may answer, and then no more are asked.
  const left = [
    ...operations.filter(({ state }) => WAITING.has(state)),
    ...operations.filter(mayBeHeld),
  ];
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

/** What an operation waits for; undefined when it does not wait any more. */
export function waitsForOf(status: OperationStatus): WaitsFor | undefined {
  const { operation, state, note, step } = status;
  const since = status.waitingSince ?? null;
  const at = step === undefined ? {} : { step };
  const [gate] = status.gates;
  if (gate !== undefined) return waitsAtGate(operation, gate, since);
  if (state === 'parked') {
    const commands = (status.answers ?? ['retryStep', 'abort']).map((name) =>
      commandText(verbOf(name), operation),
    );
    const what = `parked: ${note ?? 'a step needs an answer'}`;
    return waits({ ...at, what, since }, commands);
  }
  if (state === 'paused') {
    const what = note ?? 'paused; send resume to go on';
    return waits({ ...at, what, since }, [commandText('resume', operation)]);
  }
  return waitsHeld(status);
}

/** Held by a freeze or a window; a window opens by itself, so all that people can say is that they do not want it any more. */
function waitsHeld({ operation, note, held, ...status }: OperationStatus): WaitsFor | undefined {
  if (status.heldByWindow === undefined) return held && waitsForThaw(held);
  const what = note ?? 'held: no change window is open';
  return waits({ what, since: status.waitingSince ?? null }, [commandText('abort', operation)]);
}

/** What an operation froze only that operation thaws. */
function waitsForThaw(freeze: Freeze): WaitsFor {
  const { scope, takenBy, owner, since } = freeze;
  const end = commandText('thaw', scope === EVERY_SYSTEM ? '--all' : scope);
  const commands = takenBy === 'people' ? [end] : [commandText('status', owner)];
  return { ...waits({ what: `held: ${freezeWords(freeze)}`, since }, commands), who: [owner] };
}

function waitsAtGate(operation: string, gate: GateStatus, since: string | null): WaitsFor {
  const { id, policy, have, need, who, openedAt } = gate;
  const what = `approval ${policy} ${have}/${need}`;
  const commands = [approveCommand(operation, gate), gateCommand('reject', operation, id)];
  return { ...waits({ gate: id, what, since: openedAt ?? since }, commands), who };
}

function waits(
  what: Pick<WaitsFor, 'what' | 'since' | 'gate' | 'step'>,
  commands: string[],
): WaitsFor {
  return { ...what, who: ['anyone'], command: commands[0] ?? '', commands };
}
