// The table of runbooks: what each is called, and for every pair of them who makes whom give way, who waits, who is refused.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RESERVED_NAMES } from '../../src/domain/text/names.ts';
import { backup } from '../../src/runbooks/backup.ts';
import {
  OPERATION_TYPES,
  rankOfType,
  RUNBOOKS,
  runbookFor,
  runbookNamed,
  runbookOf,
  type OperationKind,
} from '../../src/runbooks/index.ts';
import { retireRevision } from '../../src/runbooks/retire-revision.ts';
import { scaleBack } from '../../src/runbooks/scale-back.ts';
import { summaryOf, type Runbook } from '../../src/runbooks/runbook.ts';
import { verifyBackup } from '../../src/runbooks/verify-backup.ts';

const ALL: Runbook[] = Object.values(RUNBOOKS);

test('every runbook stands in the table under its own name, and its type leads back to it', () => {
  for (const [name, runbook] of Object.entries(RUNBOOKS)) {
    assert.equal(runbook.kind, name);
    assert.equal(runbookNamed(name), runbook);
    const one: Runbook = runbook;
    assert.equal(runbookFor(one.type, { mode: one.mode, beside: one.beside }), one);
  }
  assert.equal(runbookNamed('makeCoffee'), undefined);
  assert.equal(runbookFor('janitor', undefined), undefined);
});

test('a drill is called so in code, and disasterRecovery where it is recorded', () => {
  assert.ok(!OPERATION_TYPES.includes('drill'));
  assert.equal(runbookFor('disasterRecovery', undefined), RUNBOOKS.drill);
  assert.equal(runbookFor('disasterRecovery', { mode: 'something else' }), RUNBOOKS.drill);
  assert.equal(runbookFor('disasterRecovery', { mode: 'recover', beside: true }), RUNBOOKS.recover);
  assert.equal(runbookFor('disasterRecovery', { mode: 'recover' }), RUNBOOKS.recoverLive);
  const recorded = { kind: 'disasterRecovery', operation: 'recover/shop/orders' };
  assert.equal(runbookOf(recorded), RUNBOOKS.recover);
  assert.equal(runbookOf({ ...recorded, operation: 'recover/shop' }), RUNBOOKS.recoverLive);
  assert.equal(runbookOf({ ...recorded, operation: 'drill/shop' }), RUNBOOKS.drill);
  assert.equal(runbookOf({ ...recorded, operation: 'x' }), RUNBOOKS.drill);
});

test('the first word of an operation id is the name of no system', () => {
  for (const { id } of ALL) {
    for (const dryRun of [true, false]) {
      const [word = ''] = id({ system: 'shop', service: 'api', dryRun }).split('/');
      assert.ok(RESERVED_NAMES.has(word), word);
    }
  }
});

test('an operation says in a line what it does and who asked', () => {
  const asked = { system: 'shop', service: 'api', version: 'v2', requestedBy: 'ci' };
  const weights = [{ revision: 'v1-a', version: 'v1', percent: 100 }];
  const plan = { before: { api: { weights, stopped: false } } };
  const said = ALL.map((one) =>
    summaryOf(one, { ...asked, datastore: 'orders', replicas: 3, runbook: 'tidy' }, plan),
  );
  assert.deepEqual(said, [
    'shop/api v1 → v2 by canary, asked by ci',
    'shop/api v1 → v2 by blue-green, asked by ci',
    'shop/api v1 → what users were on before by roll-back, asked by ci',
    'stop traffic of shop/api, asked by ci',
    'admit 100 % of users to shop/api, asked by ci',
    'scale shop/api to 3 replicas, asked by ci',
    'scale shop/api back to 3 replicas, asked by ci',
    'restart shop/api, asked by ci',
    'remove v2 of shop/api, asked by ci',
    'back up shop/orders, asked by ci',
    'verify shop/orders, asked by ci',
    'drill shop: recover it apart from everything live, asked by ci',
    'recover shop/orders beside the live one, asked by ci',
    'recover shop/orders from a backup, in the place of what is live, asked by ci',
    'run tidy of shop, asked by ci',
    'take shop down for tidy, asked by ci',
  ]);
  const [deploy] = ALL;
  assert.ok(deploy !== undefined);
  const unknown = { system: 'shop', service: 'api', version: 'v2', dryRun: true };
  assert.equal(summaryOf(deploy, unknown), 'dry run: shop/api v2 by canary');
  const long = summaryOf(deploy, { ...unknown, version: 'v'.repeat(300) });
  // Search attributes in SQL take 255 characters.
  assert.ok(long.length < 255, `${long.length} characters`);
});

/** Who asks for a lease (rows), and who holds it (columns): preempts, waits, or is refused. */
const MEETINGS: Record<OperationKind, string> = {
  //               stop  canary  scale   backup  recover beside
  //                | admit| bg   | restart| verify | recover live
  //                |  |  rollb.  |  back|  retire| drill  | runbook of steps, maintain
  stopTraffic: /*  */ '- P P P P P P P P P P P P - P P',
  admitTraffic: /* */ '- - - P P P P P P P P P P - P P',
  rollback: /*     */ '- - - P P P P P P P P P P - P P',
  canaryDeploy: /* */ '- - - - - - P - P P P P P - P -',
  blueGreenDeploy: '   - - - - - - P - P P P P P - P -',
  scaleService: /* */ '- - - - - - P - P P P P P - P -',
  scaleBack: /*    */ 'W W W W W W W W W W W W W W W W',
  restartService: /**/ '- - - - - - P - P P P P P - P -',
  retireRevision: /**/ 'W W W W W W W W W W W W W W W W',
  backup: /*       */ '- - - - - - - - - - W W W W - -',
  verifyBackup: /* */ '- - - - - - - - - W W W W W - W',
  drill: /*        */ '- - - - - - - - - - - - - - - -',
  recover: /*      */ '- - - - - - - - - W W W W W - W',
  recoverLive: /*  */ '- P P P P P P P P P P P P - P P',
  runbookOfSteps: /**/ '- - - - - - P - P P P P P - - -',
  maintain: /*     */ '- - - - - - P - P P P P P - P -',
};

const HOLDERS: OperationKind[] = [
  'stopTraffic',
  'admitTraffic',
  'rollback',
  'canaryDeploy',
  'blueGreenDeploy',
  'scaleService',
  'scaleBack',
  'restartService',
  'retireRevision',
  'backup',
  'verifyBackup',
  'drill',
  'recover',
  'recoverLive',
  'runbookOfSteps',
  'maintain',
];

function meeting(asker: Runbook, holder: Runbook): string {
  if (asker.waitsForNoLease === true && holder.goesOnBesideStops === true) return '-';
  const isFrozen = asker.goesForward !== undefined && holder.freezes === true;
  if (holder.rank < asker.rank && !isFrozen) return 'P';
  return asker.whenHeld?.waitsFor(holder) === true ? 'W' : '-';
}

test('of every two runbooks it is known who makes way, who waits and who is refused', () => {
  assert.deepEqual(Object.keys(MEETINGS).toSorted(), Object.keys(RUNBOOKS).toSorted());
  assert.deepEqual(HOLDERS.toSorted(), Object.keys(RUNBOOKS).toSorted());
  for (const asker of ALL) {
    const found = HOLDERS.map((holder) => meeting(asker, RUNBOOKS[holder])).join(' ');
    assert.equal(found, MEETINGS[asker.kind as OperationKind].trim(), asker.kind);
  }
});

test('nobody but a retirement and a scale back waits for a holder that is not known, and none makes way to it', () => {
  for (const runbook of ALL) {
    const waits = runbook.whenHeld?.waitsFor(undefined) === true;
    assert.equal(waits, [retireRevision, scaleBack].includes(runbook), runbook.kind);
  }
  assert.equal(rankOfType('lease'), 0);
});

test('a backup waits for its turn for an hour in all, in less than thirty tries', () => {
  for (const { whenHeld } of [backup, verifyBackup]) {
    let [waited, tries] = [0, 1];
    for (;;) {
      const delay = whenHeld?.delay(tries, { system: 'shop' });
      if (delay === undefined) break;
      if (tries === 1) assert.equal(delay, 2000);
      waited += delay;
      tries += 1;
    }
    assert.equal(waited, 3_600_000);
    assert.ok(tries < 30, String(tries));
  }
});

test('a retirement tries again later and later, every hour at last', () => {
  const delay = (tries: number, ms?: number): number | undefined =>
    retireRevision.whenHeld?.delay(tries, {
      system: 'shop',
      ...(ms !== undefined && { delay: ms }),
    });
  assert.deepEqual([delay(1), delay(2), delay(99)], [30_000, 60_000, 3_600_000]);
  assert.deepEqual([delay(1, 0), delay(1, 5000), delay(1, 60_000)], [1000, 5000, 30_000]);
});
