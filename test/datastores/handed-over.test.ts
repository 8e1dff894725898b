// Copies that services write to: what real servers allow once they are handed over, and the contract of the adapter in
// memory. Real adapters have it in backup-contracts.ts.
import { describe, test } from 'node:test';
import { memoryBackups } from '../support/memory/memory-backups.ts';
import { datastoreRef } from '../support/datastores/datastores.ts';
import { HANDED_OVER } from '../support/datastores/handed-over-contract.ts';

describe('in memory', () => {
  for (const [title, promised] of Object.entries(HANDED_OVER)) {
    test(title, async () => {
      const store = datastoreRef('cache', '/', { kind: 'redis' });
      await promised({ backups: memoryBackups().backups, target: { copy: 'copy-1', store } });
    });
  }
});
