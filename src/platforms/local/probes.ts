// Own requests through the data plane, the way users go, marked so that they are counted apart and answered
// with the revision that gave the answer.
import type { Waiting } from '../../ports/waiting.ts';
import { Failure } from '../../domain/failure.ts';
import type { ProbeAnswer } from '../../domain/rollout/model.ts';
import { REVISION_HEADER } from './protocol.ts';

const AT_ONCE = 8;
const TIMEOUT = 10_000;

/**
 * One request for each of `marked`, the headers of one. An answer without a revision (the host's own 503) has `revision: ''`.
 * No connection throws Unavailable.
 */
export async function sendProbes(
  url: string,
  marked: readonly Record<string, string>[],
  waiting: Waiting,
): Promise<ProbeAnswer[]> {
  const answers: ProbeAnswer[] = [];
  const left = [...marked];
  const lane = async (): Promise<void> => {
    for (let headers = left.pop(); headers !== undefined; headers = left.pop()) {
      answers.push(await sendProbe({ url, headers }, waiting.signal));
      waiting.beat({ answered: answers.length });
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, marked.length) }, lane));
  return answers;
}

async function sendProbe(
  { url, headers }: { url: string; headers: Record<string, string> },
  signal: AbortSignal,
): Promise<ProbeAnswer> {
  try {
    const answer = await fetch(url, {
      headers,
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
