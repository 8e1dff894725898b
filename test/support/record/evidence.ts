// A small operation's evidence, as a workflow would write it.
import type { EvidenceBody, EvidenceEntry } from '../../../src/domain/record/evidence.ts';
import { chain } from '../../../src/domain/record/evidence-chain.ts';

export const DIGEST = 'd'.repeat(64);

export const OPENED: EvidenceBody = {
  type: 'opened',
  operation: 'deploy/shop/api/v2',
  kind: 'canaryDeploy',
  system: 'shop',
  systemDigest: DIGEST,
  workflowId: 'deploy/shop/api/v2',
  runId: 'run-1',
  requestedBy: 'ci',
  reason: 'build 12',
};

/** A canary that asked once and was rolled back after a failed analysis. One entry a second. */
export const ROLLED_BACK: readonly EvidenceBody[] = [
  OPENED,
  {
    type: 'planned',
    plan: {
      schema: 'fairlead/plan/v1',
      operation: 'deploy/shop/api/v2',
      kind: 'canaryDeploy',
      system: 'shop',
      systemDigest: DIGEST,
      from: 'v1',
      to: 'v2',
      digest: 'e'.repeat(64),
      steps: [],
      before: {},
      platforms: {},
    },
  },
  { type: 'step', id: 'weight-5', title: '5 % to v2', status: 'started', attempts: 1 },
  {
    type: 'weights',
    service: 'api',
    versions: [
      { version: 'v1', percent: 95 },
      { version: 'v2', percent: 5 },
    ],
  },
  {
    type: 'gate',
    gate: 'weight-5',
    policy: 'promote',
    digest: DIGEST,
    need: 1,
    who: ['ana'],
    expiresAt: '2026-01-02T00:00:00.000Z',
  },
  {
    type: 'decision',
    gate: 'weight-5',
    decision: 'approved',
    actor: 'ana',
    trust: 'claimed',
    reason: 'looks | fine',
    digest: DIGEST,
    final: true,
  },
  { type: 'step', id: 'weight-5', title: '5 % to v2', status: 'done', attempts: 2 },
  { type: 'step', id: 'weight-25', title: '25 % to v2', status: 'started', attempts: 1 },
  {
    type: 'verdict',
    step: 'weight-25',
    name: 'errors',
    verdict: 'fail',
    reason: '20 of 100 requests failed',
    samples: 100,
  },
  { type: 'step', id: 'weight-25', title: '25 % to v2', status: 'failed', attempts: 1 },
  { type: 'undo', step: 'weight-5', verb: 'setWeights', status: 'done', detail: '100 % to v1' },
  {
    type: 'closed',
    outcome: 'rolledBack',
    verdict: 'fail',
    serving: 'old',
    message: 'errors failed at weight-25',
    leftovers: [],
  },
];

export function entriesOf(bodies: readonly EvidenceBody[]): EvidenceEntry[] {
  const entries: EvidenceEntry[] = [];
  for (const [index, body] of bodies.entries()) {
    const at = new Date(Date.UTC(2026, 0, 1, 12, 0, index)).toISOString();
    entries.push(chain(entries.at(-1), at, body));
  }
  return entries;
}
