// A system file that an edit broke: what saves users, lets them in and goes back does so by what was kept of it last, and says
// so; what brings something new is refused.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Failure } from '../../src/domain/failure.ts';
import { isRecord } from '../../src/domain/json.ts';
import { isSystemStatus } from '../../src/cli/temporal/answers.ts';
import { endOf } from '../support/operations.ts';
import { openShop, type Shop } from '../support/shop.ts';

const BROKEN = 'shop/system.yaml:7: services.api: port is "http"\nshop/system.yaml:9: too much';
const SAYS =
  /^the file of shop-\S+ does not load \(shop\/system\.yaml:7: services\.api: port is "http", and 1 more\); what counts is the file as it was last used, at 20\S+Z \(digest [0-9a-f]{12}\)$/;

let shop: Shop;
/** Systems whose file does not load. */
const broken = new Set<string>();

before(async () => {
  shop = await openShop();
  const whole = { ...shop.ports.systems };
  shop.ports.systems.load = async (name) => {
    if (broken.has(name)) throw new Failure('BadInput', BROKEN);
    return whole.load(name);
  };
});
after(() => shop.worker.stop());

/** A system that had a deploy, whose file an edit broke. */
async function brokenAfterDeploy(): Promise<string> {
  const system = shop.live({ rollout: { canary: { steps: [{ weight: 50 }], watch: '0s' } } });
  const { outcome, message } = await endOf(await shop.deploy(system, 'v2'));
  assert.equal(outcome, 'succeeded', message);
  broken.add(system);
  return system;
}

const ended = async (type: string, input: object) => endOf(await shop.start(type, input));
const findingsOf = ({ summary }: Awaited<ReturnType<typeof endOf>>): string[] =>
  summary?.findings ?? [];

test('a stop, an admission and a roll-back go on with what was kept last, and say so', async () => {
  const system = await brokenAfterDeploy();
  for (const [type, input] of [
    ['stopTraffic', { system }],
    ['admitTraffic', { system, service: 'api' }],
    ['rollback', { system, service: 'api' }],
  ] as const) {
    const end = await ended(type, input);
    assert.equal(end.outcome, 'succeeded', `${type}: ${end.message}`);
    const [said = '', ...more] = findingsOf(end);
    assert.match(said, SAYS);
    assert.deepEqual(more, [], 'the file was not changed while it ran');
  }
  assert.equal(shop.weightsOf(system), 'v1 100 %');
});

test('the plan of a stop says it too, and so does the status of the system', async () => {
  const system = await brokenAfterDeploy();
  const handle = await shop.start('stopTraffic', { system, dryRun: true });
  await endOf(handle);
  const plan = await handle.query<unknown>('plan');
  assert.match(isRecord(plan) ? String(plan['instead']) : '', SAYS);
  const status: unknown = await (await shop.start('inspectSystem', { system })).result();
  assert.ok(isSystemStatus(status));
  assert.match(status.instead ?? '', SAYS);
  assert.deepEqual(Object.keys(status.services), ['api']);
});

test('an abort, and the undo that it asks for, need no file', async () => {
  const { system, handle } = await shop.waiting();
  broken.add(system);
  await handle.executeUpdate('abort', { args: [{ actor: 'ana' }] });
  const end = await endOf(handle);
  assert.equal(end.outcome, 'aborted', end.message);
  assert.equal(shop.weightsOf(system), 'v1 100 %');
});

test('a deploy is refused with what is wrong, and so is a stop of what was never loaded', async () => {
  const system = await brokenAfterDeploy();
  const deploy = await endOf(await shop.deploy(system, 'v3'));
  assert.equal(deploy.outcome, 'refused');
  assert.match(deploy.message, /port is "http"/);
  const fresh = shop.live();
  broken.add(fresh);
  const stop = await ended('stopTraffic', { system: fresh });
  assert.equal(stop.outcome, 'refused');
  assert.match(stop.message, /port is "http"/);
});
