import type { LivePlace } from '../../src/domain/recovery/isolation.ts';
import type { ServiceStart } from '../../src/ports/isolation.ts';
import { isolatedWorld, OWNER } from '../support/isolated/isolated-world.ts';
import { isolationContract } from '../support/isolated/isolation-contract.ts';
import { memoryIsolation } from '../support/memory/memory-isolation.ts';

isolationContract('in namespaces', async (t) => {
  const it = await isolatedWorld(t);
  if (it === undefined) return undefined;
  const environment = { DIE_AT_START: '1' };
  return {
    ...{ isolation: it.isolation, live: it.live, opening: it.opening, service: it.service },
    failing: (target) => it.service(target, { service: 'failing', environment }),
  };
});

isolationContract('in memory', async () => {
  const live: LivePlace = { datastore: 'loans', kind: 'folder', path: '/live' };
  const service = (target: string): ServiceStart => ({
    ...{ target, service: 'api', command: ['serve'], directory: '/', environment: {}, port: 8000 },
    ...{ health: { path: '/health', timeoutMs: 100 }, deadlineMs: 1000, copies: {} },
  });
  return {
    ...{ live, service },
    isolation: memoryIsolation({ failingStarts: { failing: 'it exited with 3' } }),
    opening: (target) => ({ target, owner: OWNER, system: 'shop', directory: '/', live: [live] }),
    failing: (target) => ({ ...service(target), service: 'failing' }),
  };
});
