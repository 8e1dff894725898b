import assert from 'node:assert/strict';
import { test } from 'node:test';
import { endLines } from '../../src/cli/operation/say-end.ts';
import { whatItWaitsFor } from '../../src/cli/operation/send.ts';
import { flagWords } from '../../src/cli/as-typed.ts';
import { differences } from '../../src/cli/operation/in-its-place.ts';
import { healthCode, healthOf } from '../../src/cli/output/system-status.ts';
import { attention, newLines, statusLines } from '../../src/cli/operation/view.ts';
import { waitsForOf } from '../../src/cli/operation/waits-for.ts';
import type { OperationStatus } from '../../src/domain/operation/status.ts';

const STATUS: OperationStatus = {
  schema: 'fairlead/status/v1',
  operation: 'deploy/shop/api/v2',
  runId: 'r',
  kind: 'canaryDeploy',
  system: 'shop',
  state: 'running',
  step: 'weight-5',
  gates: [],
  weights: [
    { service: 'api', version: 'v1', percent: 95 },
    { service: 'api', version: 'v2', percent: 5 },
  ],
  undo: [],
  steps: [{ id: 'weight-5', title: '5 % to v2', status: 'started' }],
  verdicts: [],
};
const GATE = {
  id: 'weight-5',
  policy: 'promote',
  digest: 'd'.repeat(64),
  need: 1,
  have: 0,
  who: ['ana'],
  expiresAt: '2026-01-02',
};

test('the first status says how the traffic is, the same again says nothing', () => {
  assert.deepEqual(newLines(undefined, STATUS), [
    '  api  v1  ███████████████████░ 95 %',
    '  api  v2  █░░░░░░░░░░░░░░░░░░░ 5 %',
  ]);
  assert.deepEqual(newLines(STATUS, STATUS), []);
});

test('a step is told once, when it has ended', () => {
  const ended = { ...STATUS, steps: [{ id: 'weight-5', title: '5 % to v2', status: 'done' }] };
  const next = { id: 'watch', title: 'Watch v2', status: 'started' };
  const both = { ...ended, steps: [...ended.steps, next] };
  assert.deepEqual(newLines(STATUS, both), ['  ✔ weight-5: 5 % to v2']);
  assert.deepEqual(newLines(both, { ...both, note: 'done as planned' }), []);
});

test('in brief only what failed is told, and never what the end says', () => {
  const verdict = { step: 'loads', name: 'loads', verdict: 'fail' as const, reason: 'cut' };
  const steps = [
    { id: 'artefact', title: 'Read', status: 'done' },
    { id: 'loads', title: 'Restore', status: 'failed' },
    { id: 'conclude', title: 'Conclude', status: 'failed' },
  ];
  const next = { ...STATUS, weights: [], steps, verdicts: [verdict], note: 'loads: cut' };
  assert.deepEqual(newLines(undefined, next, true), ['  ✘ loads: Restore']);
});

test('a verdict of an operation under way has its age, and one of a closed operation has none', () => {
  const at = new Date(Date.now() - 7_210_000).toISOString();
  const verdict = {
    step: 'weight-5',
    name: 'errors',
    verdict: 'pass' as const,
    reason: '0 of 9',
    at,
  };
  const open = { ...STATUS, state: 'waiting' as const, verdicts: [verdict] };
  assert.ok(statusLines(open).includes('  pass errors at weight-5, 2 h 00 m ago: 0 of 9'));
  const closed = { ...open, state: 'closed' as const };
  assert.ok(statusLines(closed).includes('  pass errors at weight-5: 0 of 9'));
});

test('only what changed is said', () => {
  const done = [{ id: 'weight-5', title: '5 % to v2', status: 'done' }];
  const verdicts = [
    { step: 'weight-5', name: 'errors', verdict: 'pass' as const, reason: '0 of 9' },
  ];
  assert.deepEqual(newLines(STATUS, { ...STATUS, steps: done, verdicts }), [
    '  ✔ weight-5: 5 % to v2',
    '  pass errors at weight-5: 0 of 9',
  ]);
});

test('the last picture has every step resolved and the weights of the end', () => {
  const weights = [{ service: 'api', version: 'v2', percent: 100 }];
  const steps = [
    { id: 'weight-5', title: '5 % to v2', status: 'done' },
    { id: 'watch', title: 'Watch v2', status: 'done' },
  ];
  const end = {
    ...STATUS,
    state: 'closed' as const,
    outcome: 'succeeded' as const,
    weights,
    steps,
  };
  assert.deepEqual(newLines(STATUS, { ...end, note: 'done as planned' }), [
    '  ✔ weight-5: 5 % to v2',
    '  ✔ watch: Watch v2',
    '  api  v2  ████████████████████ 100 %',
  ]);
});

test('the weights and the refusals of an ended operation are not shown as if it went on', () => {
  const lastRefused = { message: 'approve', actor: 'ci', note: 'ci requested this', at: 'then' };
  const text = statusLines({
    ...STATUS,
    state: 'closed',
    outcome: 'preempted',
    lastRefused,
  }).join();
  assert.match(text, /traffic when it ended:, {2}api {2}v1/);
  assert.doesNotMatch(text, /last refused/);
});

test('a status lists every step, a live view says how many it leaves out', () => {
  const steps = Array.from({ length: 11 }, (_, n) => ({ id: `s${n}`, title: '', status: 'done' }));
  assert.match(statusLines({ ...STATUS, steps }).join('\n'), /✔ s0:/);
  assert.match(
    statusLines({ ...STATUS, steps }, 8).join('\n'),
    /… 3 steps before these\n {2}✔ s3:/,
  );
});

test('a gate is shown with who may answer and the command that does', () => {
  const lines = newLines(STATUS, { ...STATUS, gates: [GATE] });
  assert.match(lines.join('\n'), /waits for promote at weight-5 \(0 of 1\) from ana/);
  assert.match(lines.join('\n'), /fairlead approve deploy\/shop\/api\/v2 --gate weight-5/);
  assert.ok(statusLines({ ...STATUS, gates: [GATE] }).length > statusLines(STATUS).length);
});

test('where who asked may not approve, the command says that somebody else is to', () => {
  const command = 'fairlead approve deploy/shop/api/v2 --gate weight-5';
  const waiting = { ...STATUS, state: 'waiting' as const, gates: [{ ...GATE, notBy: 'ci' }] };
  assert.equal(attention(waiting).at(-1), `    ${command} --as SOMEBODY-ELSE`);
  assert.equal(waitsForOf(waiting)?.command, `${command} --as SOMEBODY-ELSE`);
  assert.equal(attention({ ...waiting, gates: [GATE] }).at(-1), `    ${command}`);
});

test('a parked operation is shown with the answers that it takes, and no others', () => {
  const parked = { ...STATUS, state: 'parked' as const, note: 'somebody changed the weights' };
  const verbsOf = (status: OperationStatus): string[] =>
    [
      ...attention(status)
        .join('\n')
        .matchAll(/fairlead (\w+) +deploy\/shop\/api\/v2/g),
    ].map(([, verb = '']) => verb);
  assert.deepEqual(verbsOf({ ...parked, answers: ['retryStep', 'adopt', 'abort'] }), [
    'retry',
    'adopt',
    'abort',
  ]);
  assert.deepEqual(verbsOf(parked), ['retry', 'skip', 'adopt', 'abort']);
  assert.match(attention(parked).join('\n'), /somebody changed the weights/);
});

test('what is parked for want of requests says that more are needed', () => {
  const reason = 'no data (1 of the 2 requests needed)';
  const verdicts = [{ step: 'weight-5', name: 'errors', verdict: 'inconclusive' as const, reason }];
  const parked = { ...STATUS, state: 'parked' as const, note: 'inconclusive' };
  assert.match(attention({ ...parked, verdicts }).join('\n'), /send more of them, then retry/);
  assert.doesNotMatch(attention(parked).join('\n'), /send more/);
  const left = reason.replace(')', '; 34 more were given up by their users, unanswered)');
  const hung = attention({
    ...parked,
    verdicts: verdicts.map((one) => ({ ...one, reason: left })),
  });
  assert.match(hung.join('\n'), /its users left before it answered/);
  assert.doesNotMatch(hung.join('\n'), /send more/);
});

test('a pause at a gate shows in the first line, with the way on', () => {
  const paused = { ...STATUS, state: 'waiting' as const, gates: [GATE], note: 'paused by ana; x' };
  assert.equal(statusLines(paused)[0], 'deploy/shop/api/v2  waiting at weight-5, paused');
  assert.match(attention(paused).join('\n'), /fairlead resume deploy\/shop\/api\/v2/);
});

test('an answer to what is not asked is told what is asked instead', () => {
  const waiting = { ...STATUS, state: 'waiting' as const, gates: [GATE] };
  const open = /fairlead approve deploy\/shop\/api\/v2 --gate weight-5/;
  assert.match(whatItWaitsFor('approve', { gate: 'weight-55' }, waiting).join('\n'), open);
  assert.match(whatItWaitsFor('retryStep', {}, waiting).join('\n'), open);
  assert.deepEqual(whatItWaitsFor('approve', { gate: 'weight-5' }, waiting), []);
  assert.deepEqual(whatItWaitsFor('pause', {}, waiting), []);
});

test('messages and fields are told by the verbs and flags that people type', () => {
  assert.equal(
    flagWords('canaryDeploy: initialWeight is 0, allowed: x'),
    '--initial-weight is 0, allowed: x',
  );
  assert.equal(
    flagWords('incident: severity is "P9", allowed: P0; for example {"severity":"P1"}'),
    '--severity is "P9", allowed: P0',
  );
  assert.equal(flagWords('approve: actor is "", allowed: x'), '--as is "", allowed: x');
  assert.equal(
    flagWords('scaleService: (1) replicas is 0, allowed: x; (2) actor is "", allowed: y'),
    '(1) REPLICAS is 0, allowed: x; (2) --as is "", allowed: y',
  );
  const lastRefused = { message: 'retryStep', actor: 'root', note: 'no', at: 'then' };
  assert.ok(
    statusLines({ ...STATUS, lastRefused }).includes('  last refused: retry from root: no'),
  );
});

test('a refusal for the sake of another operation says how to go on', () => {
  const message =
    'shop/api is being changed: deploy/shop/api/v2 (canaryDeploy) holds it since then';
  const run = { operation: 'deploy/shop/api/v3', workflowId: 'w', runId: 'r' };
  const ending = {
    outcome: 'refused',
    message,
    code: 6,
    json: {},
    leftovers: [],
    findings: [],
    backups: [],
  };
  assert.match(endLines(run, ending).join('\n'), /fairlead abort deploy\/shop\/api\/v2$/);
});

test('what was refused last is shown, and told once', () => {
  const lastRefused = { message: 'approve', actor: 'ci', note: 'ci requested this', at: 'then' };
  const refused = { ...STATUS, lastRefused };
  const line = '  last refused: approve from ci: ci requested this';
  assert.ok(statusLines(refused).includes(line));
  assert.deepEqual(newLines(STATUS, refused), [line]);
  assert.deepEqual(newLines(refused, refused), []);
});

test('a running operation is the same one whoever asked for it and why', () => {
  const asked = { system: 'shop', version: 'v2', requestedBy: 'ci', reason: 'x' };
  assert.deepEqual(differences(asked, { ...asked, requestedBy: 'ana', reason: 'y' }), []);
  assert.deepEqual(differences(asked, { ...asked, autoPromote: true }), [
    'autoPromote is nothing there and true here',
  ]);
});

test('health is judged by the revisions that users can meet', () => {
  const revision = {
    version: 'v1',
    revision: 'v1-0',
    weight: 100,
    ready: 2,
    desired: 2,
    condition: 'ready' as const,
  };
  const service = {
    url: '',
    weights: [],
    revisions: [revision],
    stopped: false,
    admitPercent: 100,
    strategy: 'canary',
  };
  const idle = { ...revision, weight: 0, ready: 0 };
  const table: [typeof service, string, number][] = [
    [service, 'healthy', 0],
    [{ ...service, revisions: [{ ...revision, ready: 1 }] }, 'unhealthy', 3],
    [{ ...service, revisions: [revision, idle] }, 'healthy', 0],
    [{ ...service, stopped: true }, 'stopped', 8],
    [{ ...service, revisions: [] }, 'nothing deployed', 7],
  ];
  for (const [given, condition, code] of table) {
    const health = healthOf({ system: 'shop', operations: [] }, 'api', given);
    assert.equal(health.condition, condition);
    assert.equal(healthCode([health]), code);
  }
  const clients = { requests: 90, letIn: 0, clients: 1, addresses: 1, atMost: 128 };
  const partly = { ...service, admitPercent: 5, clients };
  assert.match(
    healthOf({ system: 'shop', operations: [] }, 'api', partly).detail,
    /, 5 % of clients let in \(all 90 requests came from one address, as one client/,
  );
  // A recovery lets users in itself: nobody else may meanwhile.
  const operations = [
    { operation: 'recover/shop', kind: 'disasterRecovery', state: 'parked', startedAt: '' },
  ];
  const kept = healthOf({ system: 'shop', operations }, 'api', { ...service, stopped: true });
  assert.equal(kept.detail, 'users get 503 until recover/shop lets them in');
});
