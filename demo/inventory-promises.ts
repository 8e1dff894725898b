// What the demonstration of the inventory promises, and whether it held. Pure: from its reports, the orders before and
// after, what customers ordered and what the requests saw.
import type { SystemStatus } from '../src/domain/operation/status.ts';
import type { Report } from '../src/domain/record/report.ts';
import type { LoadAnswer } from './load.ts';
import type { Kill, Promised } from './promises.ts';
import { asked, back, replaced, timeOf, unanswered } from './recover-promises.ts';
import type { Placed } from './shop-floor.ts';

/** Orders by their id, as text. */
type Orders = ReadonlyMap<string, string>;

export interface Evidence {
  first: Report;
  backup: Report;
  recovery: Report;
  /** Ids of the backups that were listed. */
  listed: readonly string[];
  /** Before the damage, in what is live after the recovery, and in what was live before it. */
  before: Orders;
  after: Orders;
  old: Orders;
  /** The database that is live after the recovery. */
  database: string;
  /** What the service said it had taken. */
  placed: readonly Placed[];
  answers: readonly LoadAnswer[];
  kill: Kill;
  /** The sentence that the requester's own approval was refused with; nothing when it was not. */
  selfApproval?: string;
  /** What had all users before the recovery. */
  revision: string;
  /** The system at the end. */
  system: SystemStatus;
}

export function judge(evidence: Evidence): Promised[] {
  return [
    whole(evidence),
    restoredAnew(evidence),
    asked(evidence),
    unanswered(evidence),
    lost(evidence),
    replaced(evidence),
    latest(evidence),
    back(evidence),
  ];
}

/** Every order that was backed up, as it was before the damage. */
function whole({ recovery, backup, before, after, placed }: Evidence): Promised {
  const backedUp = timeOf(backup, 'backup')?.started ?? 0;
  const early = placed.filter(({ at }) => at < backedUp - SETTLED_MS);
  const wrong = early.filter(({ id }) => after.get(id) !== before.get(id));
  return {
    promise: 'the Orders are what they were when they were backed up',
    held: recovery.outcome === 'succeeded' && early.length > 0 && wrong.length === 0,
    seen: `${recovery.outcome ?? 'not over'}: ${early.length} orders of before the backup, ${wrong.length} of them otherwise`,
  };
}

/** An order that was asked for so long before the backup was taken by then. */
const SETTLED_MS = 1_000;

function restoredAnew({ database, listed, old, after }: Evidence): Promised {
  const isNew = database.startsWith('inventory-restored-');
  const spoilt = [...old.values()].some((order) => order.endsWith(' 0'));
  return {
    promise: 'a listed backup lies in a new database; the damaged one is kept as it was',
    held: listed.length > 0 && isNew && spoilt && after.size > 0,
    seen: `${listed.length} listed; ${database} has ${after.size} orders, the old one ${old.size}`,
  };
}

/** What was ordered after the backup is lost, and the gate said so; nothing else is. */
function lost({ recovery, backup, placed, after }: Evidence): Promised {
  const backedUp = timeOf(backup, 'backup')?.started ?? Infinity;
  const admitted = timeOf(recovery, 'admit-')?.started ?? Infinity;
  const missing = placed.filter(({ id, at }) => at < admitted && !after.has(id));
  const early = missing.filter(({ at }) => at < backedUp - SETTLED_MS).length;
  const told = recovery.verdicts.find(({ name }) => name.includes('only in the backup'));
  return {
    promise: 'only what was ordered after the backup is lost, and the gate told what comes back',
    held: missing.length > 0 && early === 0 && told !== undefined && told.got !== '0',
    seen: `${missing.length} of ${placed.length} orders lost, ${early} of them older than the backup; the gate said ${told?.reason ?? 'nothing'}`,
  };
}

/** The version of then, on a revision that is bound to the new database. */
function latest({ revision, system }: Evidence): Promised {
  const live =
    Object.values(system.services)[0]?.weights.filter(({ percent }) => percent > 0) ?? [];
  const [only, ...others] = live;
  const isNew = only !== undefined && only.revision !== revision;
  return {
    promise: 'the latest revision, which is bound to the new database, has 100 % of the users',
    held: others.length === 0 && only?.percent === 100 && only.version === 'v1' && isNew,
    seen: live.map((one) => `${one.version} (${one.revision}) ${one.percent} %`).join(', '),
  };
}
