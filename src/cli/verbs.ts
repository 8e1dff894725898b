// Which file declares which verbs: only the one that is asked for is loaded, all of them for the help, in this order.
import type { Command } from 'commander';

export interface VerbGroup {
  /** Under which heading of the help the verbs stand. */
  heading: string;
  verbs: readonly string[];
  /** Whether the verb is given all verbs to look at, as the help is. */
  looksAtAll?: true;
  load: () => Promise<{ register: (program: Command) => void }>;
}

type Row = Omit<VerbGroup, 'heading'>;

function under(heading: string, rows: readonly Row[]): VerbGroup[] {
  return rows.map((row) => ({ heading: `${heading}:`, ...row }));
}

export const VERB_GROUPS: readonly VerbGroup[] = [
  ...under('Start', [
    { verbs: ['up', 'down'], load: () => import('./verbs/up.ts') },
    { verbs: ['worker'], load: () => import('./verbs/worker.ts') },
    { verbs: ['hooks'], load: () => import('./incident/hooks.ts') },
    { verbs: ['init'], load: () => import('./verbs/init.ts') },
    { verbs: ['check', 'schema'], load: () => import('./verbs/system-files.ts') },
    { verbs: ['grant'], load: () => import('./grants/grant.ts') },
    { verbs: ['judge'], load: () => import('./verbs/judge.ts') },
    { verbs: ['port'], load: () => import('./verbs/port.ts') },
    { verbs: ['completion'], looksAtAll: true, load: () => import('./verbs/completion.ts') },
    { verbs: ['demo'], load: () => import('./verbs/demo.ts') },
  ]),
  ...under('Change services', [
    { verbs: ['deploy'], load: () => import('./verbs/deploy.ts') },
    { verbs: ['rollback'], load: () => import('./verbs/rollback.ts') },
    { verbs: ['stop', 'admit'], load: () => import('./verbs/traffic.ts') },
    { verbs: ['scale', 'restart'], load: () => import('./verbs/replicas.ts') },
    { verbs: ['run', 'runbooks'], load: () => import('./steps/run.ts') },
    { verbs: ['maintain'], load: () => import('./steps/maintain.ts') },
    { verbs: ['freeze', 'thaw'], load: () => import('./verbs/freeze.ts') },
    { verbs: ['windows'], load: () => import('./verbs/time/windows.ts') },
  ]),
  ...under('Answer and steer an operation', [
    { verbs: ['approve', 'reject'], load: () => import('./verbs/answer-gate.ts') },
    { verbs: ['key'], load: () => import('./records/key.ts') },
    { verbs: ['tick', 'choose'], load: () => import('./steps/answer-step.ts') },
    { verbs: ['retry', 'skip', 'adopt'], load: () => import('./verbs/answer-parked.ts') },
    {
      verbs: ['promote', 'pause', 'resume', 'abort', 'hand-over', 'take'],
      load: () => import('./verbs/steer.ts'),
    },
  ]),
  ...under('Incidents', [
    { verbs: ['incident'], load: () => import('./incident/verb.ts') },
    { verbs: ['alerts'], load: () => import('./incident/alerts.ts') },
  ]),
  ...under('Look', [
    { verbs: ['status'], load: () => import('./verbs/status.ts') },
    { verbs: ['list', 'history'], load: () => import('./verbs/list.ts') },
    { verbs: ['logs', 'diff', 'open'], load: () => import('./verbs/service.ts') },
    { verbs: ['health'], load: () => import('./verbs/health.ts') },
    { verbs: ['report'], load: () => import('./verbs/report.ts') },
    { verbs: ['evidence'], load: () => import('./records/evidence.ts') },
  ]),
  ...under('Backups and recovery', [
    { verbs: ['backup', 'backups', 'verify'], load: () => import('./verbs/backups.ts') },
    { verbs: ['drill'], load: () => import('./verbs/drill.ts') },
    { verbs: ['recover'], load: () => import('./verbs/recover.ts') },
    { verbs: ['quarantine'], load: () => import('./quarantine/verb.ts') },
    { verbs: ['schedules'], load: () => import('./verbs/schedules.ts') },
  ]),
];

/** The group that declares a verb; `undefined` for no verb, a flag or an unknown verb, which need every group (for the help). */
export function groupOf(verb: string | undefined): VerbGroup | undefined {
  return VERB_GROUPS.find((group) => verb !== undefined && group.verbs.includes(verb));
}
