// Checks of a runbook of steps that nothing is changed by: whether a step is to be done, and until when it waits.
import type { StepCheck } from '../../config/steps/runbook-schema.ts';
import { Failure } from '../../domain/failure.ts';
import { isRecord } from '../../domain/json.ts';
import type { LoadedSystem } from '../../domain/loaded-system.ts';
import { durationText } from '../../domain/text/duration-text.ts';
import type { Call } from '../call.ts';
import { checkOnce, type AskPorts, type Checked } from './ask-step.ts';

/** Whether a check passes now. Throws what keeps it from being asked, which is not tried for minutes. */
export async function askCheck(
  { loaded, check }: { loaded: LoadedSystem; check: StepCheck },
  call: Call,
  ports: AskPorts,
): Promise<Checked> {
  try {
    return await checkOnce({ loaded, call, ports }, check);
  } catch (error) {
    if (!(error instanceof Failure) || error.kind !== 'Unavailable') throw error;
    throw new Failure('NotReady', error.message);
  }
}

export interface AwaitCheckInput {
  loaded: LoadedSystem;
  check: StepCheck;
  /** Milliseconds. */
  every: number;
  atMost: number;
}

/** Asks again and again until the check passes; what cannot be asked does not pass yet. Throws NotReady with what was said last. */
export async function awaitCheck(
  { loaded, check, every, atMost }: AwaitCheckInput,
  call: Call,
  ports: AskPorts,
): Promise<{ detail: string }> {
  const before = isRecord(call.previous) ? call.previous['began'] : undefined;
  const began = typeof before === 'number' ? before : ports.clock.now();
  for (;;) {
    const { passes, said } = await askedOnce({ loaded, check }, call, ports);
    if (passes) return { detail: said };
    if (ports.clock.now() - began >= atMost) {
      throw new Failure('NotReady', `it did not pass within ${durationText(atMost)}: ${said}`);
    }
    const until = ports.clock.now() + every;
    while (ports.clock.now() < until) {
      call.beat({ began, waitsFor: said });
      await ports.clock.sleep(Math.min(1000, until - ports.clock.now()), call.signal);
    }
  }
}

async function askedOnce(
  asked: { loaded: LoadedSystem; check: StepCheck },
  call: Call,
  ports: AskPorts,
): Promise<Checked> {
  try {
    return await askCheck(asked, call, ports);
  } catch (error) {
    if (!(error instanceof Failure) || error.kind === 'BadInput') throw error;
    return { passes: false, said: error.message };
  }
}
