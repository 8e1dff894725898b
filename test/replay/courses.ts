// The courses of operations whose histories are recorded: closed ones, and ones in the middle of something.
import { setTimeout as sleep } from 'node:timers/promises';
import { storedBackup } from '../support/memory/memory-backups.ts';
import { untilStatus, endOf } from '../support/operations.ts';
import { withData, withDrill, withUsable, withWarmCache } from '../support/data-shop.ts';
import { longBake, send, untilBaking, type Shop, type ShopFile } from '../support/shop.ts';
import type { WorkflowHandle } from '@temporalio/client';
import type { FreezeState } from '../../src/domain/time/freeze.ts';
import type { Report } from '../../src/domain/record/report.ts';
import { Failure } from '../../src/domain/failure.ts';

const blueGreen = {
  rollout: { blueGreen: { preview: { bake: '100ms' }, approval: 'promote', watch: '100ms' } },
};
const api = (system: string) => ({ system, service: 'api' });

async function ended(handle: WorkflowHandle): Promise<WorkflowHandle> {
  await endOf(handle).catch(() => undefined);
  return handle;
}

/** A blue-green deploy that waits for its approval. */
async function previewed(shop: Shop): Promise<WorkflowHandle> {
  const request = { ...api(shop.live(blueGreen)), version: 'v2', requestedBy: 'ci' };
  const handle = await shop.start('blueGreenDeploy', request);
  await untilStatus(handle, (status) => status.state === 'waiting');
  return handle;
}

/** A datastore whose copies say how old they are. */
const watched = {
  datastores: {
    orders: {
      ...{ kind: 'postgres', database: 'orders', user: 'app' },
      recoveryPoint: { canary: {}, watermark: { query: 'select newest' } },
    },
  },
} satisfies ShopFile;

/** A verification of a backup that was just taken. */
async function proof(shop: Shop): Promise<WorkflowHandle> {
  const system = shop.live(withData);
  shop.ports.vault.answers.set('select debts', '0');
  const { summary } = await endOf(await shop.start('backup', { system, datastore: 'orders' }));
  return shop.start('verifyBackup', { system, backup: summary?.backups?.[0]?.id });
}

/** A drill on backups that were just taken. */
async function drill(shop: Shop, system = shop.live(withDrill)): Promise<WorkflowHandle> {
  shop.ports.vault.answers.set('select debts', '0');
  await endOf(await shop.start('backup', { system }));
  return shop.start('disasterRecovery', { system, requestedBy: 'ana' });
}

/** Waits until the run has recorded that somebody was told of it. */
async function untilTold(handle: WorkflowHandle, event: string): Promise<void> {
  for (;;) {
    const { notices = [] } = await handle.query<Report>('report');
    if (notices.some((one) => one.event === event)) return;
    await sleep(20);
  }
}

/** By name: brings an operation to where its history is to be recorded. */
export const COURSES: Record<string, (shop: Shop) => Promise<WorkflowHandle>> = {
  'deploy-approved': async (shop) => {
    const { handle } = await shop.waiting();
    await send(handle, 'approve', { actor: 'ana', reason: 'fine' });
    return ended(handle);
  },
  'deploy-rolled-back': async (shop) => {
    shop.ports.world.answer('bad', { errorRatio: 0.5 });
    return ended(await shop.deploy(shop.live(), 'bad'));
  },
  'deploy-first': async (shop) => ended(await shop.deploy(shop.empty(), 'v1')),
  'deploy-planned': async (shop) => ended(await shop.deploy(shop.live(), 'v2', { dryRun: true })),
  'deploy-nothing-to-do': async (shop) => ended(await shop.deploy(shop.live(), 'v1')),
  'deploy-bad-input': async (shop) => ended(await shop.start('canaryDeploy', { sytem: 'x' })),
  'deploy-cancelled': async (shop) => {
    const { handle } = await shop.waiting();
    await handle.cancel();
    return ended(handle);
  },
  'deploy-expired': async (shop) => {
    const approval = { deadline: '600ms', reminder: '200ms' };
    const { handle } = await shop.waiting({ approval });
    return ended(handle);
  },
  'deploy-refused': async (shop) => {
    const { system } = await shop.waiting();
    return ended(await shop.deploy(system, 'v3'));
  },
  'deploy-preempted': async (shop) => {
    const { system, handle } = await shop.waiting();
    await ended(await shop.start('rollback', api(system)));
    return ended(handle);
  },
  'rollback-that-preempted': async (shop) => {
    const { system } = await shop.waiting();
    return ended(await shop.start('rollback', api(system)));
  },
  'deploy-with-lease-stolen': async (shop) => {
    const { system, handle } = await shop.waiting();
    await shop.worker.client.workflow.getHandle(`lease/${system}/api`).terminate('stolen');
    await send(handle, 'approve', { actor: 'ana' });
    return ended(handle);
  },
  stop: async (shop) => ended(await shop.start('stopTraffic', { system: shop.live() })),
  admit: async (shop) => {
    const system = shop.live();
    await ended(await shop.start('stopTraffic', { system }));
    return ended(await shop.start('admitTraffic', { system, percent: 50 }));
  },
  scale: async (shop) =>
    ended(await shop.start('scaleService', { ...api(shop.live()), replicas: 3 })),
  restart: async (shop) => ended(await shop.start('restartService', api(shop.live()))),
  retire: async (shop) => {
    const request = { ...api(shop.live()), version: 'v0', revision: 'v0-0123456789' };
    return ended(await shop.start('retireRevision', { ...request, delay: 100 }));
  },
  inspect: async (shop) => ended(await shop.start('inspectSystem', { system: shop.live() })),
  'unknown-type': async (shop) => ended(await shop.start('canaryDeplyo', {})),
  'flood-of-messages': async (shop) => {
    const { handle } = await shop.waiting();
    for (let i = 0; i < 120; i += 1) await handle.signal('approve', { actor: 'ci' });
    await send(handle, 'abort', { actor: 'ana' });
    return ended(handle);
  },
  'blue-green-approved': async (shop) => {
    const handle = await previewed(shop);
    await send(handle, 'approve', { actor: 'ana' });
    return ended(handle);
  },
  'deploy-told': async (shop) => {
    const { handle } = await shop.waiting({
      notify: { ops: { type: 'console' }, closed: { type: 'console', events: ['ended'] } },
      approval: { reminder: '300ms' },
    });
    await untilTold(handle, 'reminder');
    await send(handle, 'approve', { actor: 'ana' });
    return ended(handle);
  },
  'stop-told-in-a-hurry': async (shop) => {
    const notify = { hang: { type: 'console' } } as const;
    return ended(await shop.start('stopTraffic', { system: shop.live({ notify }) }));
  },
  'open-parked-and-told': async (shop) => {
    shop.ports.world.answer('quiet', { requests: 0 });
    const system = shop.live({ notify: { ops: { type: 'console' } } });
    const handle = await shop.deploy(system, 'quiet');
    await untilStatus(handle, (status) => status.state === 'parked');
    await untilTold(handle, 'parked');
    return handle;
  },
  'admit-that-need-not-be': async (shop) =>
    ended(await shop.start('admitTraffic', { system: shop.live() })),
  'check-recovery': async (shop) =>
    ended(await shop.start('checkRecovery', { system: shop.empty(withData) })),
  'check-scheduled': async (shop) =>
    ended(await shop.start('checkScheduled', { system: shop.empty() })),
  freeze: async (shop) => {
    const system = shop.live();
    const until = '2099-01-04T08:00:00Z';
    const asked = { system, until, reason: 'holidays', requestedBy: 'ana' };
    const handle = await shop.start('freeze', asked, `freeze/${system}`);
    while (!(await handle.query<FreezeState>('status')).frozen) await sleep(20);
    await send(handle, 'thaw', { actor: 'ana' });
    return ended(handle);
  },
  'held-by-a-freeze': async (shop) => {
    const { system, handle } = await shop.waiting();
    const until = '2099-01-04T08:00:00Z';
    await shop.start('freeze', { system, until, reason: 'holidays' }, `freeze/${system}`);
    await send(handle, 'approve', { actor: 'ana' });
    await untilStatus(handle, ({ held }) => held !== undefined);
    return handle;
  },
  'accept-backup': async (shop) => {
    const backup = storedBackup(shop.ports.vault, shop.empty(withData), 1);
    return ended(await shop.start('acceptBackup', { backup, reason: 'fine', requestedBy: 'ana' }));
  },
  backup: async (shop) =>
    ended(await shop.start('backup', { system: shop.live(withData), requestedBy: 'ana' })),
  'verify-passed': async (shop) => ended(await proof(shop)),
  'verify-failed': async (shop) => {
    shop.ports.vault.failNext('restore', new Failure('CheckFailed', 'a row does not load'));
    return ended(await proof(shop));
  },
  'verify-found-bad': async (shop) => {
    shop.ports.vault.spoil((contents) => ({ ...contents, parts: [] }));
    return ended(await proof(shop));
  },
  'backup-that-waited-its-turn': async (shop) => {
    const { reached } = shop.ports.vault.hangNext('restore');
    const verifying = await proof(shop);
    await reached;
    const { system } = await verifying.query<Report>('report');
    const handle = await shop.start('backup', { system, datastore: 'orders' });
    await untilStatus(handle, (status) => status.note !== undefined);
    await verifying.cancel();
    return ended(handle);
  },
  'verify-newest': async (shop) => {
    const system = shop.empty({ datastores: { orders: { kind: 'redis' } } });
    await ended(await shop.start('backup', { system }));
    return ended(await shop.start('verifyBackup', { system, datastore: 'orders' }));
  },
  janitor: async (shop) => {
    const handle = await shop.start('janitor', {});
    await handle.result();
    return handle;
  },
  'verify-measured': async (shop) => {
    const system = shop.live(watched);
    const { summary } = await endOf(await shop.start('backup', { system, datastore: 'orders' }));
    shop.ports.vault.answers.set('select newest', new Date().toISOString());
    const backup = summary?.backups?.[0]?.id;
    return ended(await shop.start('verifyBackup', { system, backup }));
  },
  'verify-file': async (shop) => {
    const file = 'dumps/orders.dump';
    shop.ports.beats.files.set(file, Date.now());
    const system = shop.live(watched);
    return ended(await shop.start('verifyBackup', { system, datastore: 'orders', file }));
  },
  'verify-usable': async (shop) => {
    const system = shop.live(withUsable);
    await endOf(await shop.start('backup', { system }));
    return ended(await shop.start('verifyBackup', { system, datastore: 'orders' }));
  },
  'open-verify-in-a-start': async (shop) => {
    const system = shop.live(withUsable);
    await endOf(await shop.start('backup', { system }));
    const reached = shop.ports.targets.hangStart(system);
    const handle = await shop.start('verifyBackup', { system, datastore: 'orders' });
    await reached;
    return handle;
  },
  'canary-round': async (shop) =>
    ended(await shop.start('writeCanary', { system: shop.live(watched) })),
  'open-verify-in-a-restore': async (shop) => {
    const { reached } = shop.ports.vault.hangNext('restore');
    const handle = await proof(shop);
    await reached;
    return handle;
  },
  'drill-passed': async (shop) => ended(await drill(shop)),
  'drill-with-a-leaking-fence': async (shop) => {
    const system = shop.live(withDrill);
    shop.ports.targets.fence.set(system, { inside: 'reached', outside: 'reached' });
    return ended(await drill(shop, system));
  },
  'drill-with-a-wrong-answer': async (shop) => {
    const system = shop.live(withDrill);
    shop.ports.targets.answers.set(`${system}/portfolio`, { status: 500, body: 'no' });
    return ended(await drill(shop, system));
  },
  'drill-with-a-derived-store': async (shop) => ended(await drill(shop, shop.live(withWarmCache))),
  'open-drill-in-a-restore': async (shop) => {
    const { reached } = shop.ports.vault.hangNext('restore');
    const handle = await drill(shop);
    await reached;
    return handle;
  },
  'open-blue-green-at-its-gate': previewed,
  'open-at-a-gate': async (shop) => (await shop.waiting()).handle,
  'open-in-a-bake': async (shop) => {
    const handle = await shop.deploy(shop.live(longBake), 'v2');
    await untilBaking(handle, 5);
    return handle;
  },
  'open-paused': async (shop) => {
    const handle = await shop.deploy(shop.live(longBake), 'v2');
    await untilBaking(handle, 5);
    await send(handle, 'pause', { actor: 'ana' });
    await untilStatus(handle, (status) => status.state === 'paused');
    return handle;
  },
  'open-parked': async (shop) => {
    shop.ports.world.answer('quiet', { requests: 0 });
    const handle = await shop.deploy(shop.live(), 'quiet');
    await untilStatus(handle, (status) => status.state === 'parked');
    return handle;
  },
  'open-undoing': async (shop) => {
    const { handle } = await shop.waiting();
    for (let i = 0; i < 8; i += 1) {
      shop.ports.world.failNext('set', 'before', new Failure('Unavailable', 'not now'));
    }
    await send(handle, 'reject', { actor: 'ana' });
    await untilStatus(handle, (status) => status.state === 'undoing');
    return handle;
  },
};
