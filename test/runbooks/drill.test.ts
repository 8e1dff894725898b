// The plan of a drill, what its service is given, and what it came to, as tables.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { SystemFile } from '../../src/config/system.ts';
import { summaryOf } from '../../src/domain/backup/backup.ts';
import { drillEnvironment } from '../../src/domain/recovery/start-steps.ts';
import { judgeRecovery } from '../../src/domain/recovery/judge-recovery.ts';
import { RUNBOOKS } from '../../src/runbooks/index.ts';
import { leasedBy } from '../../src/runbooks/runbook.ts';
import { namesMade } from '../../src/domain/recovery/recovered.ts';
import { drilledServices, planDrill } from '../../src/runbooks/drill.ts';
import type { Plan } from '../../src/domain/operation/plan.ts';
import {
  judgeRto,
  looksAtProduction,
  recoveryPhases,
} from '../../src/domain/recovery/recovery-times.ts';
import { waitsForPeople } from '../../src/domain/record/report-timings.ts';
import { revisionSpec } from '../../src/domain/rollout/revision.ts';
import type { EvidenceBody } from '../../src/domain/record/evidence.ts';
import { chain } from '../../src/domain/record/evidence-chain.ts';
import type { Rung } from '../../src/domain/backup/rungs.ts';
import type { StepFinding } from '../../src/domain/analysis/finding.ts';
import type { Verdict } from '../../src/domain/analysis/verdict.ts';
import { completeBackup } from '../support/datastores/catalogue-entries.ts';
import { OPENED } from '../support/record/evidence.ts';
import { sampleSystem } from '../support/samples.ts';

const drill: NonNullable<SystemFile['drill']> = {
  rto: '10s',
  configuration: { api: { MAIL: 'false', LEVEL: 3 } },
  golden: [{ service: 'api', name: 'total', http: '/total', contains: '7' }],
};
const loaded = sampleSystem(
  {
    datastores: ['orders'],
    configuration: { MAIL: 'true', TOKEN: { env: 'TOKEN' }, KEY: { file: 'key' } },
  },
  {
    drill,
    datastores: { orders: { kind: 'files', directory: 'data' } },
  },
);
const place = { datastore: 'orders', kind: 'folder', path: '/systems/shop/data' } as const;
const spec = revisionSpec(loaded, 'api', 'v1');
const backup = summaryOf(completeBackup({ daysOld: 1 }));
const runId = '01a20147-4f62-7229-a461-c4ad2e63645d';
const input: Parameters<typeof planDrill>[0] = {
  operation: 'drill/shop',
  loaded,
  runId,
  restored: [{ datastore: 'orders', backup, place }],
  flushed: [],
  live: [place],
  services: [spec],
};
const plan = planDrill(input);
const actionOf = <Kind extends Plan['steps'][number]['action']['kind']>(kind: Kind) => {
  const found = plan.steps.map(({ action }) => action).find((action) => action.kind === kind);
  assert.equal(found?.kind, kind);
  return found as Extract<Plan['steps'][number]['action'], { kind: Kind }>;
};

describe('the plan of a drill', () => {
  test('shows the fence before it restores, and cleans up before it concludes', () => {
    const ids = plan.steps.map(({ id }) => id);
    assert.deepEqual(ids, [
      ...['preflight', 'inventory', 'isolate', 'fence', 'artefact-orders', 'restore-orders'],
      ...['complete-orders', 'correct-orders', 'bind', 'start-api', 'usable', 'production'],
      ...['close', 'discard-orders', 'inventory-after', 'conclude'],
    ]);
    assert.ok(plan.steps.every(({ gate, bake }) => gate === undefined && bake === undefined));
  });

  test('says that recovery points are judged at its start', () => {
    const verify = { required: ['artefact' as const, 'pointInTime' as const] };
    const datastores = { orders: { kind: 'files' as const, directory: 'data', verify } };
    const asked = sampleSystem({ datastores: ['orders'] }, { drill, datastores });
    const { steps } = planDrill({ ...input, loaded: asked });
    const title = steps.find(({ id }) => id === 'point-in-time-orders')?.title;
    assert.match(title ?? '', /lies before the start of the drill$/);
  });

  test('names what it makes after its run, so that two of them never meet', () => {
    const [target, copy] = namesMade(plan);
    assert.equal(target, 'drill-shop-c4ad2e63645d');
    assert.match(copy ?? '', /^drill-shop-orders-\d{8}T\d{6}\.\d{3}Z-c4ad2e63645d$/);
    assert.equal(actionOf('bind').bindings[0]?.copy, copy);
    // Terminated, and started again in the same second.
    const again = planDrill({ ...input, runId: '01a20147-4f62-7d10-9c1e-0b61f5a3e9c2' });
    assert.deepEqual(
      namesMade(again).filter((name) => namesMade(plan).includes(name)),
      [],
    );
  });

  test('says of each step how a recovery differs, where it does', () => {
    const same = plan.steps.filter(({ differs }) => differs === undefined).map(({ id }) => id);
    assert.deepEqual(same, [
      ...['artefact-orders', 'restore-orders', 'complete-orders', 'correct-orders'],
      ...['usable', 'conclude'],
    ]);
    const start = plan.steps.find(({ id }) => id === 'start-api');
    assert.match(start?.differs ?? '', /and without its secrets TOKEN, KEY$/);
  });

  test('starts the service where it has always been, and asks it there', () => {
    const { program } = actionOf('start');
    assert.deepEqual(program.command, ['node', 'versions/v1.mjs']);
    assert.equal(program.port, 8000);
    assert.equal(actionOf('usable').golden[0]?.port, 8000);
  });

  test('is leased as a backup of everything is, and ranks as one', () => {
    assert.deepEqual(leasedBy(RUNBOOKS.drill, { system: 'shop' }, loaded.system), ['orders']);
    assert.equal(RUNBOOKS.drill.rank, RUNBOOKS.backup.rank);
    assert.equal(RUNBOOKS.drill.id({ system: 'shop' }), 'drill/shop');
  });

  test('starts what uses what is restored, and has something to start', () => {
    assert.deepEqual(drilledServices(loaded, ['orders']), ['api']);
    assert.throws(() => drilledServices(loaded, ['users']), /name those to be started/);
  });
});

describe('the environment of a drill', () => {
  const { environment, withheld } = drillEnvironment(spec, { MAIL: 'false', LEVEL: 3, KEY: 'k' });

  test('has the settings of the service, as the drill changes them', () => {
    assert.equal(environment['MAIL'], 'false');
    assert.equal(environment['LEVEL'], '3');
    assert.equal(environment['PORT'], '8000');
    assert.equal(environment['FAIRLEAD_DRILL'], 'true');
  });

  test('has no secret, but a value where the drill gives one', () => {
    assert.deepEqual(withheld, ['TOKEN']);
    assert.ok(!('TOKEN' in environment));
    assert.equal(environment['KEY'], 'k');
  });
});

describe('what a drill came to', () => {
  const finding = (name: string, verdict: Verdict = 'pass', step = name): StepFinding => ({
    ...{ step, name, verdict, samples: 1 },
    reason: `${name} said ${verdict}`,
  });
  const whole = [
    ...['rpo orders', 'fence orders', 'usable', 'golden total', 'production api'],
    ...['clean-up', 'rto'],
  ].map((name) => finding(name));
  const rung = (name: Rung, step: string, verdict: Verdict = 'pass') =>
    finding(name, verdict, step);
  const rungs = [rung('artefact', 'artefact-orders'), rung('loads', 'restore-orders')];
  const required: Rung[] = ['artefact', 'loads', 'usable'];
  const judge = (findings: StepFinding[]) =>
    judgeRecovery(findings, {
      system: 'shop',
      recovered: [{ datastore: 'orders', backup, required }],
    });

  test('is a pass only with everything that a drill is for', () => {
    const { verdict, reason } = judge([...whole, ...rungs]);
    assert.equal(verdict, 'pass', reason);
    assert.match(reason, /^shop was recovered from shop\/orders\/.*9 of 9 checks passed$/);
    for (const { name } of whole) {
      const less = judge([...whole.filter((one) => one.name !== name), ...rungs]);
      assert.equal(less.verdict, 'inconclusive', name);
      assert.match(less.reason, /not run: /);
    }
  });

  test('counts a required rung for its own datastore alone', () => {
    const others = [rung('artefact', 'artefact-new-orders'), rung('loads', 'restore-orders')];
    const { verdict, reason } = judge([...whole, ...others]);
    assert.equal(verdict, 'inconclusive');
    assert.match(reason, /not run: artefact of orders/);
  });

  test('is a fail with one fail, whatever else was inconclusive', () => {
    const { verdict, reason } = judge([
      ...whole,
      ...rungs,
      finding('production orders', 'inconclusive'),
      finding('golden loans', 'fail', 'usable'),
    ]);
    assert.equal(verdict, 'fail');
    assert.match(reason, /^golden loans at usable: golden loans said fail; production orders/);
  });
});

describe('how long a recovery took', () => {
  const at = (second: number) => new Date(Date.UTC(2026, 0, 1) + second * 1000).toISOString();
  const step = (id: string, status: 'started' | 'done' | 'failed'): EvidenceBody => ({
    ...{ type: 'step', id, title: id, status, attempts: 1 },
  });
  const told = (name: 'pause' | 'resume'): EvidenceBody => ({
    ...{ type: 'message', name, actor: 'ana', accepted: true, note: '', reason: null },
  });
  const entries = (usable: 'done' | 'failed', until = 12) => {
    const bodies: [number, EvidenceBody][] = [
      [0, OPENED],
      [1, { type: 'planned', plan }],
      [1, step('isolate', 'started')],
      [2, step('isolate', 'done')],
      [2, step('restore-orders', 'started')],
      [3, told('pause')],
      [7, told('resume')],
      [9, step('restore-orders', 'done')],
      [9, step('usable', 'started')],
      [until, step('usable', usable)],
      [until + 60, step('discard-orders', 'done')],
    ];
    let last: ReturnType<typeof chain> | undefined;
    return bodies.map(([second, body]) => (last = chain(last, at(second), body)));
  };
  const rtoOf = (all: ReturnType<typeof entries>) =>
    judgeRto(all, waitsForPeople(all), {
      ...{ plan, rtoMs: 10_000 },
      looks: looksAtProduction(all, plan),
    });

  test('counts until the golden queries were answered, without people and cleaning up', () => {
    const { verdict, got, reason } = rtoOf(entries('done'));
    assert.deepEqual([verdict, got], ['pass', '8 s']);
    assert.match(reason, /isolation 1 s, restore 3 s, service 3 s, and 4 s of waiting/);
  });

  test('is too long when it is longer than the most that it may take', () => {
    assert.equal(rtoOf(entries('done', 14)).verdict, 'pass');
    const { verdict, reason } = rtoOf(entries('done', 15));
    assert.equal(verdict, 'fail');
    assert.match(reason, /after 11 s .*more than the RTO of 10 s/);
  });

  test('leaves out how long it looked at production, also while somebody had paused it', () => {
    const bodies: [number, EvidenceBody][] = [
      [0, OPENED],
      [1, { type: 'planned', plan }],
      [1, step('preflight', 'started')],
      [2, step('preflight', 'done')],
      [2, step('inventory', 'started')],
      [10, told('pause')],
      [2402, step('inventory', 'done')],
      [2404, told('resume')],
      [2404, step('fence', 'started')],
      [2405, step('fence', 'done')],
      [2405, step('usable', 'started')],
      [2408, step('usable', 'done')],
      [2408, step('production', 'started')],
      [4808, step('production', 'done')],
    ];
    let last: ReturnType<typeof chain> | undefined;
    const { verdict, got, reason } = rtoOf(
      bodies.map(([second, body]) => (last = chain(last, at(second), body))),
    );
    assert.deepEqual([verdict, got], ['pass', '6 s']);
    assert.match(reason, /\(isolation 2 s, service 3 s, and 40 min of looking at production and /);
  });

  test('is not known of a service that never answered as it should', () => {
    assert.equal(rtoOf(entries('failed')).verdict, 'inconclusive');
    assert.equal(rtoOf(entries('done').slice(0, 9)).verdict, 'inconclusive');
  });

  test('is told by phase, also of a record that was cut off', () => {
    const cut = entries('done').slice(0, 5);
    const phases = recoveryPhases(cut, waitsForPeople(cut), plan);
    assert.deepEqual(
      phases.map(({ phase, endedAt }) => [phase, endedAt]),
      [
        ['isolation', at(2)],
        ['restore', null],
      ],
    );
  });
});
