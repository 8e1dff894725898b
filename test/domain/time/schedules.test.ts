// Which schedules a system file asks for, and what is to be done about those that are there.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { SystemFile } from '../../../src/config/system.ts';
import {
  planSync,
  type FoundSchedule,
  type SyncInput,
} from '../../../src/domain/time/schedule-sync.ts';
import { janitorSchedule, type WantedSchedules } from '../../../src/domain/time/schedules.ts';
import { wantedSchedules } from '../../../src/runbooks/schedules.ts';
import { sampleSystem } from '../../support/samples.ts';

const datastores: NonNullable<SystemFile['datastores']> = {
  orders: { kind: 'redis' },
  users: { kind: 'redis' },
  cache: { kind: 'redis', role: 'derived' },
};
const wantedOf = (file: Partial<SystemFile>) =>
  wantedSchedules('shop', sampleSystem({}, file).system);

describe('the schedules of a system', () => {
  test('are those of its section, and a button for a drill', () => {
    const wanted = wantedOf({
      datastores,
      schedules: {
        backup: { at: ['02:00', '14:30'] },
        verify: { on: 'sunday', at: '04:00' },
        check: { every: '1h' },
      },
    });
    const of = wanted.map(({ id, workflowType, input, at, everyMs, overlap }) => [
      ...[id, workflowType, JSON.stringify(input), everyMs, overlap],
      at.map(({ hour, minute, day }) => `${day ?? 'daily'} ${hour}:${minute}`).join(),
    ]);
    const shop = '{"system":"shop"}';
    assert.deepEqual(of, [
      ['backup/shop', 'backup', shop, null, 'BUFFER_ONE', 'daily 2:0,daily 14:30'],
      ...['orders', 'users'].map((datastore) => [
        ...[`verify/shop/${datastore}`, 'verifyBackup'],
        ...[JSON.stringify({ system: 'shop', datastore }), null, 'SKIP', 'SUNDAY 4:0'],
      ]),
      ['check/shop', 'checkRecovery', shop, 3_600_000, 'SKIP', ''],
      ['drill/shop', 'disasterRecovery', shop, null, 'ALLOW_ALL', ''],
    ]);
  });

  test('have their zone, and the days of a month', () => {
    const wanted = wantedOf({
      datastores,
      schedules: {
        backup: { at: ['02:00'], zone: 'UTC' },
        verify: { on: 15, at: '04:00', zone: 'Asia/Tokyo' },
        drill: { on: 'first monday', at: '09:00', zone: 'Europe/Berlin' },
      },
    });
    const of = wanted.map(({ id, zone, at }) => [id, zone, at]);
    const at = (hour: number) => ({ hour, minute: 0, day: null });
    const dates = { from: 15, to: 15 };
    assert.deepEqual(of, [
      ['backup/shop', undefined, [at(2)]],
      ['verify/shop/orders', 'Asia/Tokyo', [{ ...at(4), dates }]],
      ['verify/shop/users', 'Asia/Tokyo', [{ ...at(4), dates }]],
      ['drill/shop', 'Europe/Berlin', [{ ...at(9), day: 'MONDAY', dates: { from: 1, to: 7 } }]],
    ]);
  });

  test('start runbooks of steps with their inputs', () => {
    const wanted = wantedOf({
      schedules: {
        runbooks: {
          weekly: { on: 'monday', at: '09:00', zone: 'Europe/Berlin', inputs: { days: 7 } },
          keys: { on: 1, months: ['october', 'april'], at: '10:30' },
        },
      },
    });
    assert.deepEqual(
      wanted.map(({ id, workflowType, workflowId, input, zone, at }) => ({
        ...{ id, workflowType, workflowId, input, zone, at },
      })),
      [
        {
          ...{ id: 'run/shop/weekly', workflowType: 'runbook', workflowId: 'run/shop/weekly' },
          input: { system: 'shop', runbook: 'weekly', inputs: { days: 7 } },
          zone: 'Europe/Berlin',
          at: [{ hour: 9, minute: 0, day: 'MONDAY' }],
        },
        {
          ...{ id: 'run/shop/keys', workflowType: 'runbook', workflowId: 'run/shop/keys' },
          input: { system: 'shop', runbook: 'keys' },
          zone: undefined,
          at: [
            {
              ...{ hour: 10, minute: 30, day: null, dates: { from: 1, to: 1 } },
              months: ['APRIL', 'OCTOBER'],
            },
          ],
        },
        {
          ...{ id: 'scheduled/shop', workflowType: 'checkScheduled' },
          ...{ workflowId: 'scheduled/shop', input: { system: 'shop' }, zone: undefined, at: [] },
        },
      ],
    );
  });

  test('say the last friday of a month for each length of a month', () => {
    const lasts = (months?: ('february' | 'june')[]) =>
      wantedOf({
        schedules: {
          runbooks: { monthly: { on: 'last friday', at: '09:00', ...(months && { months }) } },
        },
      })
        .flatMap(({ at }) => at)
        .map(({ dates, months: of = [], years }) => [dates?.from, of.length, years?.from]);
    assert.deepEqual(lasts(), [
      [25, 7, undefined],
      [24, 4, undefined],
      [23, 1, 2024],
      ...[2025, 2026, 2027].map((year) => [22, 1, year]),
    ]);
    assert.deepEqual(lasts(['june']), [[24, 1, undefined]]);
  });

  test('write canary records as often as the most eager datastore asks for', () => {
    const asks = (interval: string) => ({ recoveryPoint: { canary: { interval } } });
    const files = { kind: 'files', directory: 'data' } as const;
    const wanted = wantedOf({
      datastores: { a: { ...files, ...asks('5m') }, b: { ...files, ...asks('30s') }, c: files },
    });
    const canary = wanted.find(({ id }) => id === 'canary/shop');
    assert.deepEqual(
      [canary?.workflowType, canary?.everyMs, canary?.overlap],
      ['writeCanary', 30_000, 'SKIP'],
    );
  });

  test('without a section are the button, and without data nothing', () => {
    assert.deepEqual(
      wantedOf({ datastores }).map(({ id }) => id),
      ['drill/shop'],
    );
    assert.deepEqual(wantedOf({}), []);
    assert.deepEqual(wantedOf({ datastores: { cache: { kind: 'redis', role: 'derived' } } }), []);
  });
});

describe('what is to be done about schedules', () => {
  const answer: WantedSchedules = {
    schema: 'fairlead/wanted-schedules/v1',
    systems: ['shop'],
    wanted: [janitorSchedule('fairlead')],
    broken: [{ system: 'broken', message: 'no YAML' }],
  };
  const facets = { times: 't', starts: 's', overlap: 'SKIP', 'catch-up': '1' };
  const found = (
    id: string,
    system: string | null,
    changes: Partial<FoundSchedule> = {},
  ): FoundSchedule => ({
    id,
    ours: { system, taskQueue: 'q' },
    digest: null,
    facets,
    ...changes,
  });
  const plan = (changes: Partial<SyncInput>) =>
    planSync({ answer, found: [], taskQueue: 'q', only: null, ...changes }).map((action) => [
      action.do,
      action.id,
      'why' in action ? action.why : '',
    ]);

  test('is to make one that is not there', () => {
    assert.deepEqual(plan({}), [['create', 'janitor', '']]);
  });

  test("is to leave somebody else's alone", () => {
    const [[did = '', , why = ''] = []] = plan({ found: [found('janitor', null, { ours: null })] });
    assert.equal(did, 'foreign');
    assert.match(why, /somebody else made/);
    const ours = { system: null, taskQueue: 'other' };
    const [[also = '', , queue = ''] = []] = plan({ found: [found('janitor', null, { ours })] });
    assert.equal(also, 'foreign');
    assert.match(queue, /on the task queue "other"/);
  });

  test('tells an edit by hand from another wording of the file', () => {
    const one = found('janitor', null);
    assert.match(plan({ found: [one] })[0]?.[2] ?? '', /^edited by hand, and put back: times/);
    const old = { ...one, digest: '0' };
    assert.match(plan({ found: [old] })[0]?.[2] ?? '', /^the system file has changed: times/);
  });

  test('is to remove strays of systems that can be read, or are gone', () => {
    const strays = [found('backup/shop', 'shop'), found('backup/gone', 'gone')];
    const other = found('x', 'shop', { ours: { system: 'shop', taskQueue: 'other' } });
    const all = [...strays, other, found('backup/broken', 'broken')];
    assert.deepEqual(plan({ found: all }), [
      ['leave', 'backup/broken', 'the system file of broken cannot be read'],
      ['remove', 'backup/gone', 'there is no system gone any more'],
      ['remove', 'backup/shop', 'shop does not ask for it any more'],
      ['create', 'janitor', ''],
    ]);
    assert.deepEqual(
      plan({ found: all, only: 'shop' }).map(([, id]) => id),
      ['backup/shop', 'janitor'],
    );
  });
});
