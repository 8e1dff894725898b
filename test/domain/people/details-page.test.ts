import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { detailsPage } from '../../../src/domain/people/details-page.ts';
import { parseMessage } from '../../../src/domain/people/message.ts';
import type { Plan } from '../../../src/domain/operation/plan.ts';
import type { OperationStatus } from '../../../src/domain/operation/status.ts';
import { DIGEST } from '../../support/record/evidence.ts';

const STATUS: OperationStatus = {
  schema: 'fairlead/status/v1',
  operation: 'deploy/shop/api/v2',
  runId: 'run-1',
  kind: 'canaryDeploy',
  system: 'shop',
  summary: 'shop/api v1 → v2 by canary, asked by ci',
  state: 'waiting',
  step: 'weight-25',
  gates: [
    {
      id: 'weight-25',
      policy: 'promote',
      digest: DIGEST,
      need: 2,
      have: 1,
      who: ['ana', 'ben'],
      expiresAt: '2026-01-02T00:00:00.000Z',
    },
  ],
  weights: [{ service: 'api', version: 'v2', percent: 25 }],
  undo: ['weight-25: traffic of api back to 100 % v1'],
  steps: [
    {
      id: 'ready',
      title: 'v2 is ready',
      status: 'done',
      startedAt: '2026-01-01T12:00:00.000Z',
      endedAt: '2026-01-01T12:01:05.000Z',
    },
  ],
  verdicts: [
    {
      ...{ step: 'weight-5', name: 'errors', verdict: 'pass', reason: '0 of 80 failed' },
      at: '2026-01-01T12:03:00.000Z',
    },
  ],
};

function pasted(page: string): unknown[] {
  return [...page.matchAll(/^`({.*})`$/gm)].map((match): unknown => JSON.parse(match[1] ?? ''));
}

test('an open gate shows who may answer and the exact JSON to approve and reject', () => {
  const page = detailsPage({ status: STATUS });
  assert.match(page, /^## deploy\/shop\/api\/v2: waiting at weight-25$/m);
  assert.match(
    page,
    /1 of 2 approvals given; may answer: ana, ben\. No answer until 2026-01-02 00:00 UTC/,
  );
  const [approve, reject] = pasted(page);
  assert.deepEqual(approve, { actor: 'YOUR-NAME', gate: 'weight-25', digest: DIGEST });
  assert.deepEqual(reject, { ...Object(approve), reason: 'WHY NOT' });
});

test('everything that the page says to paste is a message the operation reads', () => {
  const [approve, reject] = pasted(detailsPage({ status: STATUS }));
  parseMessage('approve', approve);
  parseMessage('reject', reject);
  const parked = pasted(detailsPage({ status: { ...STATUS, state: 'parked', gates: [] } }));
  assert.equal(parked.length, 4);
  for (const [index, name] of ['retryStep', 'skipStep', 'adopt', 'abort'].entries()) {
    assert.equal(parseMessage(name, parked[index]).actor, 'YOUR-NAME');
  }
  const [resume] = pasted(detailsPage({ status: { ...STATUS, state: 'paused', gates: [] } }));
  parseMessage('resume', resume);
});

test('only the answers that are possible are offered', () => {
  const status: OperationStatus = { ...STATUS, state: 'parked', gates: [] };
  const page = detailsPage({ status, answers: ['retryStep', 'abort'] });
  assert.doesNotMatch(page, /skipStep|adopt/);
});

test('weights are bars, steps have durations, and the refusal is there with its reason', () => {
  const lastRefusal = { name: 'approve', actor: 'ci', reason: 'the requester cannot approve' };
  const page = detailsPage({ status: STATUS, lastRefusal });
  assert.match(page, /^- `█████░{15}` 25 % v2 of api$/m);
  assert.match(page, /^- \*\*ready\*\* done in 1 m 05 s: v2 is ready$/m);
  assert.match(page, /^- \*\*pass\*\* errors at weight-5, 2026-01-01 12:03 UTC: 0 of 80 failed$/m);
  assert.match(page, /Last refused:\*\* approve from ci: the requester cannot approve/);
});

test('what people typed can neither break the page nor become markup', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (typed) => {
      const reason = `<b>[x](javascript:1)|\n# h\n\`\`\`${typed}`;
      const lastRefusal = { name: 'approve', actor: typed, reason };
      const page = detailsPage({ status: { ...STATUS, note: reason }, lastRefusal });
      const plainPage = detailsPage({
        status: { ...STATUS, note: 'x' },
        lastRefusal: { name: 'approve', actor: 'x', reason: 'x' },
      });
      assert.equal(page.split('\n').length, plainPage.split('\n').length);
      assert.doesNotMatch(page, /<b>|(?<!\\)\[x\]|^# h/m);
    }),
  );
});

test('an operation of a thousand steps still fits on a page', () => {
  const steps = Array.from({ length: 1000 }, (_, index) => ({
    id: `step-${index}`,
    title: 'x'.repeat(2000),
    status: 'done',
  }));
  const page = detailsPage({ status: { ...STATUS, steps } });
  assert.ok(page.length < 12_000, `${page.length} characters`);
  assert.match(page, /step-999/);
  assert.match(page, /960 more are in the report/);
});

test('steps that are ahead are to come, until the operation is ending', () => {
  const plan: Plan = {
    schema: 'fairlead/plan/v1',
    operation: STATUS.operation,
    kind: 'canaryDeploy',
    system: 'shop',
    systemDigest: DIGEST,
    digest: DIGEST,
    steps: [
      {
        id: 'watch',
        title: 'Watch v2',
        undo: 'none',
        action: { kind: 'watch', service: 'api' },
      },
    ],
    before: {},
    platforms: {},
  };
  const last = (state: OperationStatus['state']): string =>
    detailsPage({ status: { ...STATUS, state }, plan });
  assert.match(last('running'), /^- watch to come: Watch v2$/m);
  assert.match(last('undoing'), /^- watch not done: Watch v2$/m);
  assert.match(last('closed'), /^- watch not done: Watch v2$/m);
});
