// What every adapter of backups promises of copies that services use: empty ones, and their handing over.
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { BackupsPort, CopyRef } from '../../../src/ports/backups.ts';
import { fails } from '../fails.ts';
import { waiting } from '../local-daemon.ts';

export interface HandedOver {
  backups: BackupsPort;
  target: CopyRef;
}

/** One of these is one test: `target` is nowhere yet. */
export const HANDED_OVER: Readonly<Record<string, (world: HandedOver) => Promise<void>>> = {
  "an empty copy holds nothing, is its run's, and is discarded like any copy": async ({
    backups,
    target,
  }) => {
    const owner = { workflowId: 'drill/shop', runId: 'run-1' };
    await backups.empty({ ...target, owner }, waiting());
    await backups.empty({ ...target, owner }, waiting());
    const { contents } = await backups.fingerprint(target, waiting());
    assert.equal(
      contents.parts.reduce((sum, { rows }) => sum + (rows ?? 0), 0),
      0,
    );
    const { system, datastore } = target.store;
    assert.deepEqual(
      (await backups.copies()).map(({ createdAt: _, machine: _machine, ...copy }) => copy),
      [{ copy: target.copy, backup: `empty:${system}/${datastore}`, state: 'ready', owner }],
    );
    await backups.discard(target.copy, waiting());
    assert.deepEqual(await backups.copies(), []);
  },

  'a copy is handed over as often as somebody asks, and one that is not there never': async ({
    backups,
    target,
  }) => {
    await fails('Refused', backups.handOver(target, waiting()));
    await backups.empty(target, waiting());
    const address = await backups.handOver(target, waiting());
    await backups.empty(target, waiting());
    assert.deepEqual(await backups.handOver(target, waiting()), address);
    await backups.discard(target.copy, waiting());
  },

  'a copy whose own server is gone says so at once': async ({ backups, target }) => {
    await backups.empty(target, waiting());
    const first = await backups.handOver(target, waiting());
    if (first.kind === 'address' && first.server !== undefined) {
      // It may be several processes, and some end a moment after others.
      for (let tries = 0; tries < 40; tries += 1) {
        const there = await backups.handOver(target, waiting()).catch(() => undefined);
        if (there?.kind !== 'address' || there.server === undefined) break;
        process.kill(there.server, 'SIGKILL');
        await sleep(200);
      }
      const said = await fails('NotReady', backups.fingerprint(target, waiting()));
      assert.match(said.message, /does not run any more/);
    }
    await backups.discard(target.copy, waiting());
  },

  'an empty copy takes no name that holds something else': async ({ backups, target }) => {
    await backups.empty(target, waiting());
    const store = { ...target.store, datastore: 'another' };
    await fails('Refused', backups.empty({ ...target, store }, waiting()));
    await backups.discard(target.copy, waiting());
  },
};
