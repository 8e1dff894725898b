// Steps that only a drill has: looking both ways, inventories, the conclusion. What takes the
// service as far as its start and cannot be shown ends it; from then on a verdict is noted and it goes on, so that it
// cleans up, compares, and concludes from all of it.
import { worst } from '../../domain/analysis/verdict.ts';
import {
  findingsOf,
  outputsOf,
  plainResult,
  type StepResult,
  type StepResults,
} from '../../domain/operation/step-result.ts';
import type { RecoveredPoint } from '../../domain/recovery/recovered.ts';
import { namesMade, recoveredPoints } from '../../domain/recovery/recovered.ts';
import { judgeCleanUp, judgeProduction, type Inventory } from '../../domain/recovery/inventory.ts';
import { judgeRecovery } from '../../domain/recovery/judge-recovery.ts';
import { endsPreflight } from '../../domain/recovery/preflight.ts';
import { judgeRto, looksAtProduction } from '../../domain/recovery/recovery-times.ts';
import { waitsForPeople } from '../../domain/record/report-timings.ts';
import { ask, type ActionOf, type StepContext, type StepKind, type Work } from './step-kind.ts';

export const lookBothWays: StepKind<ActionOf<'lookBothWays'>> = {
  whenFailed: 'doubtEnds',
  begin: ({ beganAt }) =>
    ask({
      activity: 'lookBothWays',
      told: { at: beganAt },
      profile: 'wait',
      answered({ value: findings }) {
        const detail = findings.map(({ reason }) => reason).join('; ');
        const ending = findings.filter(endsPreflight);
        const verdict = worst(findings.map((one) => one.verdict));
        const how = { detail, findings };
        if (ending.length === 0) return plainResult({ type: 'noted', verdict }, how);
        const why = ending.map(({ name, reason }) => `${name}: ${reason}`).join('; ');
        const message = `${why}; nothing was restored`;
        return plainResult({ type: 'judged', verdict, message, ends: true }, how);
      },
    }),
};

export const inventoryBefore: StepKind = {
  whenFailed: 'doubtEnds',
  begin: () =>
    look((inventory) =>
      plainResult(
        { type: 'done' },
        { detail: shown(inventory), output: { kind: 'inventory', inventory } },
      ),
    ),
};

export const inventoryAfter: StepKind = {
  whenFailed: 'doubtGoesOn',
  begin: ({ results, plan, runId }) =>
    look((seen) => {
      const known = knownBefore(results);
      const { finding, leftovers } = judgeCleanUp(known, seen, { own: namesMade(plan), runId });
      const { findings, notes } = judgeProduction(known, seen, 'after');
      const all = [finding, ...findings];
      const verdict = worst(all.map((one) => one.verdict));
      const detail = all.map(({ reason }) => reason).join('; ');
      return plainResult({ type: 'noted', verdict, leftovers }, { detail, findings: all, notes });
    }),
};

export const production: StepKind<ActionOf<'production'>> = {
  whenFailed: 'doubtGoesOn',
  begin: ({ results }) =>
    look((seen) => {
      const { findings, notes } = judgeProduction(knownBefore(results), seen, 'during');
      const verdict = worst(findings.map((one) => one.verdict));
      const detail = findings.map(({ reason }) => reason).join('; ');
      return plainResult({ type: 'noted', verdict }, { detail, findings, notes });
    }),
};

export const concludeRecovery: StepKind<ActionOf<'concludeRecovery'>> = {
  whenFailed: 'failsUnasked',
  begin(context) {
    const { plan, loaded, entries, results, step, action } = context;
    const waits = waitsForPeople(entries);
    const looks = looksAtProduction(entries, plan);
    const rto = judgeRto(entries, waits, { plan, rtoMs: action.rtoMs, looks });
    const recovered = recoveredPoints(loaded, plan);
    const before = [...findingsOf(results), { ...rto, step: step.id }];
    const { verdict, reason } = judgeRecovery(before, { system: plan.system, recovered });
    const drill = { name: 'drill', verdict, reason, samples: before.length };
    const ends = plainResult(
      { type: 'judged', verdict, message: reason, ends: true },
      { detail: reason, findings: [rto, drill] },
    );
    if (verdict !== 'pass') return ends;
    return markAll(context, recovered, { ...ends, findings: [] }, ends.findings);
  },
};

/** Every backup that was restored is verified from now on, one after the other. */
function markAll(
  context: StepContext,
  [first, ...others]: RecoveredPoint[],
  ends: StepResult,
  findings: StepResult['findings'] = [],
): Work {
  if (first === undefined) return ends;
  return ask({
    activity: 'markVerified',
    told: { backup: first.backup.id, at: context.now, reason: ends.detail },
    profile: 'change',
    lease: first.datastore,
    findings,
    answered: () => markAll(context, others, ends),
  });
}

function look(judge: (seen: Inventory) => StepResult): Work {
  return ask({
    activity: 'takeInventory',
    told: {},
    profile: 'wait',
    answered: ({ value }) => judge(value),
  });
}

function shown({ services, copies, targets }: Inventory): string {
  const how = Object.entries(services).map(([name, { health, said: why }]) =>
    health === 'healthy' ? `${name} is healthy` : `${name} is ${health} (${why})`,
  );
  const counts = `${copies.length} copies and ${targets.length} isolated targets are there`;
  return [counts, ...how].join('; ');
}

function knownBefore(results: StepResults): Inventory {
  const [before] = outputsOf(results, 'inventory');
  if (before === undefined) throw new Error('a comparison before the inventory');
  return before.inventory;
}
