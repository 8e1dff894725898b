// Which file declares which verbs: only the one that is asked for is loaded, all of them for the help.
import type { Command } from 'commander';

export interface VerbGroup {
  verbs: readonly string[];
  load: () => Promise<{ register: (program: Command) => void }>;
}

export const VERB_GROUPS: readonly VerbGroup[] = [
  { verbs: ['up'], load: () => import('./up.ts') },
  { verbs: ['worker'], load: () => import('./worker.ts') },
  { verbs: ['port'], load: () => import('./port.ts') },
  { verbs: ['check'], load: () => import('./check.ts') },
  { verbs: ['judge'], load: () => import('./judge.ts') },
  { verbs: ['schema'], load: () => import('./schema.ts') },
  { verbs: ['deploy'], load: () => import('./deploy.ts') },
  { verbs: ['rollback'], load: () => import('./rollback.ts') },
  { verbs: ['stop', 'admit'], load: () => import('./traffic.ts') },
  { verbs: ['scale', 'restart'], load: () => import('./replicas.ts') },
  { verbs: ['backup', 'backups', 'verify'], load: () => import('./backups.ts') },
  { verbs: ['drill'], load: () => import('./drill.ts') },
  { verbs: ['schedules'], load: () => import('./schedules.ts') },
  { verbs: ['approve', 'reject'], load: () => import('./answer-gate.ts') },
  { verbs: ['promote', 'pause', 'resume', 'abort'], load: () => import('./steer.ts') },
  { verbs: ['retry', 'skip', 'adopt'], load: () => import('./answer-parked.ts') },
  { verbs: ['status'], load: () => import('./status.ts') },
  { verbs: ['list'], load: () => import('./list.ts') },
  { verbs: ['health'], load: () => import('./health.ts') },
  { verbs: ['report'], load: () => import('./report.ts') },
  { verbs: ['demo'], load: () => import('./demo.ts') },
];

/** `undefined` for no verb, a flag, or a verb nobody knows: then every group is needed. */
export function groupOf(verb: string | undefined): VerbGroup | undefined {
  return VERB_GROUPS.find((group) => verb !== undefined && group.verbs.includes(verb));
}
