// Removes what exchanges kept of live data once its time is over, of every system whose file loads. Called by the janitor.
import { Failure } from '../../domain/failure.ts';
import { keptUntil } from '../../domain/recovery/live/quarantined.ts';
import type { Swept } from '../../domain/recovery/sweep.ts';
import type { Clock } from '../../ports/clock.ts';
import type { ExchangesPort } from '../../ports/exchanges.ts';
import type { SystemsPort } from '../../ports/systems.ts';
import type { Waiting } from '../../ports/waiting.ts';
import { datastoreRefs } from './datastore-refs.ts';

export interface QuarantinePorts {
  systems: SystemsPort;
  exchanges: Pick<ExchangesPort, 'quarantined' | 'removeQuarantined'>;
  clock: Pick<Clock, 'now'>;
}

/** What an exchange kept of live data, and how it is removed; `remove` is absent while its time is not over. */
export interface KeptSide extends Swept {
  remove?: () => Promise<void>;
}

/** A system that does not load and a server that does not answer are left for another day. */
export async function keptSides(
  waiting: Waiting,
  { systems, exchanges, clock }: QuarantinePorts,
): Promise<KeptSide[]> {
  const found: KeptSide[] = [];
  for (const name of await systems.names()) {
    const loaded = await unlessFailed(systems.load(name));
    for (const store of loaded === undefined ? [] : datastoreRefs(loaded)) {
      for (const one of (await unlessFailed(exchanges.quarantined(store, waiting))) ?? []) {
        const until = keptUntil(loaded?.system ?? {}, one);
        const reason = `what was live is kept until ${new Date(until).toISOString()}`;
        const side = { name: `${name}/${store.datastore}: ${one.name}`, reason };
        const remove = () => exchanges.removeQuarantined({ store, name: one.name }, waiting);
        found.push(clock.now() < until ? side : { ...side, remove });
      }
    }
  }
  return found;
}

async function unlessFailed<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}
