// A change of a runbook of steps, or what takes it back. What an attempt before has left running is ended first; what its
// check calls done is not done again; what has no check and may have been begun is left to people.
import type { StepChange, StepCheck } from '../../config/steps/runbook-schema.ts';
import { Failure } from '../../domain/failure.ts';
import type { LoadedSystem } from '../../domain/loaded-system.ts';
import { changeWords } from '../../domain/steps/plan-of-steps.ts';
import type { BegunPort } from '../../ports/steps/begun.ts';
import type { Call } from '../call.ts';
import { callerOf, refuseOvertaken } from '../caller.ts';
import { checkOnce, makeOnce, markOf, type Asking, type AskPorts } from './ask-step.ts';

export interface MakeChangeInput {
  loaded: LoadedSystem;
  change: StepChange;
  /** How one sees that it is done; null for none, and for what takes a change back. */
  check: StepCheck | null;
  /** The change is the undo of the step: people wrote it to be given twice without harm. */
  back: boolean;
  /** Milliseconds. */
  timeout: number;
}

/** Answers how it went, as a sentence. Throws CheckFailed, NotReady, Unavailable, Superseded, and WorldChanged where nobody knows whether it was done. */
export async function makeChange(
  input: MakeChangeInput,
  call: Call,
  ports: AskPorts & { begun: BegunPort },
): Promise<{ detail: string }> {
  const { change, check, loaded, timeout, back } = input;
  const asking: Asking = { loaded, call, ports };
  const token = await call.token();
  const ended = await endLeft(change, call, ports);
  if (check !== null) {
    const before = await checkOnce(asking, check);
    if (before.passes) return { detail: `done already: ${before.said}${ended}` };
  } else if (!back) {
    const { firstRunId } = await callerOf(call.run);
    const isFirst = await ports.begun.note(
      { runId: firstRunId, step: call.step, sequence: token.sequence },
      call,
    );
    if (!isFirst) throw cutOff(change, ended);
  }
  // Between the lease and here a worker can sleep for as long as another one takes to make the change.
  const permit = (): Promise<void> => refuseOvertaken(call.run, call.step);
  const said = await makeOnce(asking, change, { timeoutMs: timeout, permit });
  if (check === null) return { detail: `${said}${ended}` };
  const after = await checkOnce(asking, check);
  if (after.passes) return { detail: `${said}; ${after.said}${ended}` };
  throw new Failure('CheckFailed', `${said}, and its check does not pass: ${after.said}`);
}

/** What an attempt of a worker that is gone has left; a sentence to end with, or nothing. */
async function endLeft(
  { command }: StepChange,
  call: Call,
  { commands }: Pick<AskPorts, 'commands'>,
): Promise<string> {
  if (command === undefined) return '';
  const ended = await commands.endLeft(markOf(call, command), call);
  if (ended === 0) return '';
  return `; ended ${ended} ${ended === 1 ? 'process' : 'processes'} that an attempt before it had left`;
}

function cutOff(change: StepChange, ended: string): Failure {
  return new Failure(
    'WorldChanged',
    `${changeWords(change)} was begun and cut off, and has no check that says whether it is done${ended}. Look whether it is: retry does it again, skip goes on as if it were done`,
  );
}
