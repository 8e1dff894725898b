// Own requests through the data plane, the way users go, marked so that they are counted apart and answered
// with the revision that gave the answer.
import type { Waiting } from '../../activities/ports.ts';
import { Failure } from '../../domain/failure.ts';
import type { ProbeAnswer } from '../../domain/model.ts';
import { PROBE_HEADER, REVISION_HEADER } from './protocol.ts';

const AT_ONCE = 8;
const TIMEOUT = 10_000;

/** An answer without a revision (the host's own 503) has `revision: ''`. No connection throws Unavailable. */
export async function sendProbes(
  input: { url: string; token: string; count: number },
  waiting: Waiting,
): Promise<ProbeAnswer[]> {
  const answers: ProbeAnswer[] = [];
  let left = input.count;
  const lane = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      answers.push(await sendProbe(input.url, input.token, waiting.signal));
      waiting.beat({ answered: answers.length });
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, input.count) }, lane));
  return answers;
}

async function sendProbe(url: string, token: string, signal: AbortSignal): Promise<ProbeAnswer> {
  try {
    const answer = await fetch(url, {
      headers: { [PROBE_HEADER]: token },
      redirect: 'manual',
      signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT)]),
    });
    await answer.arrayBuffer();
    return { revision: answer.headers.get(REVISION_HEADER) ?? '', status: answer.status };
  } catch (error) {
    signal.throwIfAborted();
    const cause = error instanceof Error ? (error.cause ?? error) : error;
    throw new Failure(
      'Unavailable',
      `probing ${url}: ${String(cause)}; see whether the local host runs`,
    );
  }
}
