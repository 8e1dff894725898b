// Is a value from a file or a socket an evidence entry? Only the shape is looked at: whether it was altered
// is `verifyChain`'s question. Entries of a type that this version does not know are accepted.
import type { EvidenceBody, EvidenceEntry } from './evidence.ts';
import { isRecord } from '../json.ts';

type Shape = 'string' | 'number' | 'boolean' | 'object' | 'array' | 'string?';

const ENVELOPE: Record<string, Shape> = {
  type: 'string',
  seq: 'number',
  at: 'string',
  prev: 'string',
  hash: 'string',
};

const BODIES: { [Type in EvidenceBody['type']]: Record<string, Shape> } = {
  opened: {
    operation: 'string',
    kind: 'string',
    system: 'string',
    systemDigest: 'string',
    workflowId: 'string',
    runId: 'string',
    requestedBy: 'string?',
    reason: 'string?',
  },
  planned: { plan: 'object' },
  lease: { lease: 'string', runId: 'string' },
  step: { id: 'string', title: 'string', status: 'string', attempts: 'number' },
  weights: { service: 'string', versions: 'array' },
  verdict: {
    step: 'string',
    name: 'string',
    verdict: 'string',
    reason: 'string',
    samples: 'number',
  },
  gate: {
    gate: 'string',
    policy: 'string',
    digest: 'string',
    need: 'number',
    who: 'array',
    expiresAt: 'string',
  },
  decision: {
    gate: 'string',
    decision: 'string',
    actor: 'string?',
    trust: 'string',
    reason: 'string?',
    digest: 'string',
    final: 'boolean',
  },
  message: {
    name: 'string',
    actor: 'string?',
    accepted: 'boolean',
    note: 'string',
    reason: 'string?',
  },
  parked: { step: 'string', problem: 'string' },
  undo: { step: 'string', verb: 'string', status: 'string', detail: 'string' },
  notice: { event: 'string', channel: 'string', about: 'string', delivered: 'boolean' },
  backup: { backup: 'object' },
  child: { step: 'string', operation: 'string', workflowId: 'string', runId: 'string' },
  candidate: { backup: 'object', passedOver: 'string', reason: 'string' },
  brought: { step: 'string', look: 'object' },
  finding: { text: 'string' },
  closed: {
    outcome: 'string',
    verdict: 'string?',
    serving: 'string',
    message: 'string',
    leftovers: 'array',
  },
};

const isKnown = (type: string): type is EvidenceBody['type'] => Object.hasOwn(BODIES, type);

export function isEvidenceEntry(value: unknown): value is EvidenceEntry {
  if (!isRecord(value) || !fits(value, ENVELOPE)) return false;
  const type = String(value['type']);
  return isKnown(type) ? fits(value, BODIES[type]) : true;
}

function fits(value: Record<string, unknown>, shapes: Record<string, Shape>): boolean {
  return Object.entries(shapes).every(([key, shape]) => hasShape(value[key], shape));
}

function hasShape(value: unknown, shape: Shape): boolean {
  switch (shape) {
    case 'array':
      return Array.isArray(value);
    case 'object':
      return isRecord(value);
    case 'string?':
      return value === null || typeof value === 'string';
    default:
      return typeof value === shape;
  }
}
