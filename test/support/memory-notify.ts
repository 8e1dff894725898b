// The notify port in memory: what was sent, once per key, and channels that fail or hang.
import type { Delivery, NotifyPort } from '../../src/activities/ports.ts';
import { Failure } from '../../src/domain/failure.ts';
import type { Notice } from '../../src/domain/notice.ts';

export interface Sent {
  key: string;
  channel: string;
  notice: Notice;
}

export type MemoryNotify = ReturnType<typeof memoryNotify>;

/** A channel's name says how it behaves: `away...` is never there, `hang...` hangs until it is aborted. */
export function memoryNotify(): NotifyPort & { sent: Sent[]; tries: string[] } {
  const sent: Sent[] = [];
  const tries: string[] = [];
  return {
    sent,
    tries,
    send: async ({ key, name, notice }, { signal }): Promise<Delivery> => {
      tries.push(key);
      if (name.startsWith('away')) throw new Failure('Unavailable', `${name} does not answer`);
      if (name.startsWith('closed')) return { delivered: false, reason: `${name} said no` };
      if (name.startsWith('hang')) await aborted(signal);
      if (!sent.some((one) => one.key === key)) sent.push({ key, channel: name, notice });
      return { delivered: true };
    },
  };
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const stop = (): void => {
      reject(signal.reason instanceof Error ? signal.reason : new Error(String(signal.reason)));
    };
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
}
