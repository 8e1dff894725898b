// The notify port in memory: what was sent, once per key, and channels that fail or hang.
import { EventEmitter, once } from 'node:events';
import type { Delivery, NotifyPort } from '../../../src/ports/notify.ts';
import { Failure } from '../../../src/domain/failure.ts';
import type { Notice } from '../../../src/domain/people/notice.ts';

export interface Sent {
  key: string;
  channel: string;
  notice: Notice;
}

export type MemoryNotify = ReturnType<typeof memoryNotify>;

/** A channel's name says how it behaves: `away` does not answer, `closed` refuses, `hang` hangs until `release`. */
export function memoryNotify(): NotifyPort & {
  sent: Sent[];
  tries: string[];
  release: (system: string) => void;
} {
  const sent: Sent[] = [];
  const tries: string[] = [];
  const settled = new Map<string, Delivery>();
  const released = new EventEmitter();
  const deliver = async (name: string, system: string, signal: AbortSignal): Promise<Delivery> => {
    if (name === 'away') throw new Failure('Unavailable', `${name} does not answer`);
    if (name === 'closed') return { delivered: false, reason: `${name} said no` };
    if (name === 'hang') {
      await once(released, system, { signal }).catch((error: unknown) => {
        // `once` has an error of its own for that.
        signal.throwIfAborted();
        throw error;
      });
    }
    return { delivered: true };
  };
  return {
    sent,
    tries,
    release: (system) => released.emit(system),
    send: async ({ key, name, notice }, { signal }): Promise<Delivery> => {
      const known = settled.get(key);
      if (known !== undefined) return known;
      signal.throwIfAborted();
      tries.push(key);
      const delivery = await deliver(name, notice.system, signal);
      settled.set(key, delivery);
      if (delivery.delivered) sent.push({ key, channel: name, notice });
      return delivery;
    },
  };
}
