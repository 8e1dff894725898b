// What there is before, during and after a drill: copies, isolated targets, and production as users and datastores have
// it. A drill leaves nothing behind and changes nothing that is live; what is compared here proves both.
import type { Finding } from '../analysis/finding.ts';

export interface Inventory {
  /** ISO 8601. */
  at: string;
  copies: InventoryItem[];
  targets: InventoryItem[];
  /** Services by their names. */
  services: Record<string, ServiceSeen>;
  datastores: Record<string, DatastoreSeen>;
}

/** A copy or a target; the run that it is of, where that is known. */
export interface InventoryItem {
  name: string;
  runId?: string;
}

export interface ServiceSeen {
  /** `v1 100 %`; empty when nothing is deployed. */
  weights: string;
  health: 'healthy' | 'unhealthy' | 'unknown';
  /** The answer of the health path, or of whoever else was asked. */
  said: string;
}

/** `digest` over all that is in it; null when it could not be read. */
export interface DatastoreSeen {
  digest: string | null;
  said: string;
}

export interface ProductionJudgement {
  findings: Finding[];
  /** Sentences on what others did meanwhile. */
  notes: string[];
}

/** Users write while a drill runs: other data is no failure. A service that was well, and is not any more, is one. */
export function judgeProduction(
  before: Inventory,
  now: Inventory,
  when: 'during' | 'after',
): ProductionJudgement {
  const services = Object.entries(before.services);
  const stores = Object.entries(before.datastores);
  return {
    findings: [
      ...services.map(([name, seen]) => serviceFinding(name, seen, now.services[name], when)),
      ...stores.map(([name, seen]) => storeFinding(name, seen, now.datastores[name], when)),
    ],
    notes: [
      ...services.flatMap(([name, { weights }]) => {
        const there = now.services[name]?.weights ?? '';
        if (there === weights) return [];
        return [
          `the traffic of ${name} was ${shown(weights)} before the drill and is ${shown(there)} ${when} it: another operation did that`,
        ];
      }),
      ...stores.flatMap(([name, { digest }]) =>
        isOther(digest, now.datastores[name]?.digest ?? null)
          ? [`users wrote to ${name}: it holds something else ${when} the drill than before`]
          : [],
      ),
    ],
  };
}

function isOther(before: string | null, now: string | null): boolean {
  return before !== null && now !== null && before !== now;
}

/** `own`: names that this drill gave; `runId`: of what its runs made under other names. */
export function judgeCleanUp(
  before: Inventory,
  after: Inventory,
  { own, runId }: { own: readonly string[]; runId: string },
): { finding: Finding; leftovers: string[] } {
  const isOwn = ({ name, runId: of }: InventoryItem): boolean => own.includes(name) || of === runId;
  const left = [
    ...after.copies.filter(isOwn).map(({ name }) => `the copy ${name}`),
    ...after.targets.filter(isOwn).map(({ name }) => `the isolated target ${name}`),
  ];
  const counts = (inventory: Inventory): string =>
    `${inventory.copies.length} copies and ${inventory.targets.length} targets`;
  const about = {
    name: 'clean-up',
    samples: after.copies.length + after.targets.length,
    expected: 'nothing of this drill',
  };
  const others = strangers(before, after, isOwn);
  const told = `${counts(before)} before, ${counts(after)} after${others === 0 ? '' : `, ${others} of them made by others meanwhile`}`;
  if (left.length === 0) {
    const reason = `nothing of this drill is left: ${told}`;
    return {
      finding: { ...about, verdict: 'pass', reason, got: 'nothing of this drill' },
      leftovers: [],
    };
  }
  const reason = `${left.join(', ')} is still there: ${told}`;
  return {
    finding: { ...about, verdict: 'fail', reason, got: left.join(', ') },
    leftovers: left.map((one) => `${one} was to be removed, and is still there`),
  };
}

function strangers(
  before: Inventory,
  after: Inventory,
  isOwn: (held: InventoryItem) => boolean,
): number {
  const known = new Set([...before.copies, ...before.targets].map(({ name }) => name));
  return [...after.copies, ...after.targets].filter((held) => !known.has(held.name) && !isOwn(held))
    .length;
}

function serviceFinding(
  name: string,
  before: ServiceSeen,
  now: ServiceSeen | undefined,
  when: string,
): Finding {
  const health = now?.health ?? 'unknown';
  const about = {
    name: `production ${name}`,
    samples: 1,
    expected: `${before.health}, as before`,
    got: health,
  };
  const said = `${name} was ${before.health} before the drill and is ${health} ${when} it`;
  const why = now === undefined ? 'nobody looked' : now.said;
  if (before.health === 'healthy' && health === 'unhealthy') {
    return { ...about, verdict: 'fail', reason: `${said}: ${why}` };
  }
  if (before.health === 'healthy' && health === 'unknown') {
    return { ...about, verdict: 'inconclusive', reason: `${said}: ${why}` };
  }
  return { ...about, verdict: 'pass', reason: said };
}

function storeFinding(
  name: string,
  before: DatastoreSeen,
  now: DatastoreSeen | undefined,
  when: string,
): Finding {
  const about = {
    name: `production ${name}`,
    samples: 1,
    expected: 'as before, but for what users write',
  };
  const digest = now?.digest ?? null;
  if (before.digest === null || digest === null) {
    const said = before.digest === null ? before.said : (now?.said ?? 'nobody looked');
    const reason = `whether ${name} is as before cannot be said: ${said}`;
    return { ...about, verdict: 'inconclusive', reason, got: 'not readable' };
  }
  if (before.digest === digest) {
    const reason = `${name} holds ${when} the drill what it held before: ${digest.slice(0, 12)}`;
    return { ...about, verdict: 'pass', reason, got: 'unchanged' };
  }
  const reason = `${name} holds something else ${when} the drill than before (${before.digest.slice(0, 12)}, now ${digest.slice(0, 12)}): users write to it; the drill was fenced off from it`;
  return { ...about, verdict: 'pass', reason, got: 'changed by others' };
}

function shown(weights: string): string {
  return weights === '' ? 'nothing' : weights;
}
