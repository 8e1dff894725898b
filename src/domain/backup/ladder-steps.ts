// The steps of the proof of one backup, or of one file: rung by rung, then the service where it is to be started, then the
// conclusion.
import type { PlanStep } from '../operation/plan.ts';
import { discardStep, rungStep } from './rung-steps.ts';
import type { Rung } from './rungs.ts';

export interface Ladder {
  datastore: string;
  /** The id of the backup, or `file:` and the path of a file. */
  backup: string;
  copy: string;
  rungs: Rung[];
  /** The steps of the rung `usable`, once all others are climbed. */
  service: PlanStep[];
  required: Rung[];
  whyNotRun?: string;
  /** Why a backup that passes is not marked as verified. */
  noMark?: string;
  /** Where the copy is made; apart from everything live without it. */
  into?: 'beside';
  /** What follows the conclusion, instead of discarding the copy. */
  then?: PlanStep[];
  title: (rung: Rung) => string;
  /** The title of the step that concludes. */
  conclude: string;
}

export function ladderSteps(ladder: Ladder): PlanStep[] {
  const { datastore, backup, copy, rungs, service, required, whyNotRun, noMark, into, then } =
    ladder;
  const steps = rungs.map((rung) =>
    rungStep({
      ...{ rung, datastore, backup, copy, title: ladder.title(rung) },
      ...(rung === 'loads' && into !== undefined && { into }),
    }),
  );
  const because = {
    ...(whyNotRun !== undefined && { whyNotRun }),
    ...(noMark !== undefined && { noMark }),
  };
  const conclude: PlanStep = {
    id: 'conclude',
    title: ladder.conclude,
    undo: 'none: a mark stays',
    action: { kind: 'conclude', datastore, backup, required, ...because },
  };
  const discard = rungs.includes('loads') ? [discardStep({ datastore, copy })] : [];
  return [...steps, ...service, conclude, ...(then ?? discard)];
}
