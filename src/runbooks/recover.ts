// Looks into a backup beside the live data: restored as a place of its own, judged rung by rung, compared with what is live,
// kept read-only until it expires. Nobody is stopped, and nothing that is live is changed. Ended before that, it leaves nothing.
import { copyName } from '../domain/backup/backup-id.ts';
import { pointWords, provedWords, type BackupSummary } from '../domain/backup/backup.ts';
import { ladderSteps } from '../domain/backup/ladder-steps.ts';
import { datastoreIn, RUNG_STEPS, rungsOf, rungTitle } from '../domain/backup/rung-steps.ts';
import { RUNGS } from '../domain/backup/rungs.ts';
import { Failure } from '../domain/failure.ts';
import type { Plan, PlanStep } from '../domain/operation/plan.ts';
import { NO_UNDO } from '../domain/text/plan-words.ts';
import { finishPlan } from '../domain/operation/plan-steps.ts';
import type { CopyPlace } from '../domain/recovery/exchange.ts';
import { spanOf } from '../domain/text/time-span.ts';
import { drill } from './drill.ts';
import { RANK, type PlanInput, type Runbook, type Wanted, type World } from './runbook.ts';
import { provable } from './verify-backup.ts';
import { waitForData } from './wait-for-data.ts';
import { chooseBackup } from './which-backup.ts';

const DAY_MS = 86_400_000;

export const recover: Runbook = {
  kind: 'recover',
  type: drill.type,
  mode: 'recover',
  beside: true,
  title: 'Recover beside',
  asks: {
    required: ['system', 'mode', 'datastore'],
    optional: ['beside', 'backup', 'at', 'keep'],
  },
  id: ({ system, datastore = '' }) => `recover/${system}/${datastore}`,
  summary: ({ system, datastore = '' }) => `recover ${system}/${datastore} beside the live one`,
  // It stops nobody: backups and their proofs go on before it, and it waits for its turn.
  rank: RANK.later,
  leases: 'datastores',
  policy: { onFailure: 'undo', undone: 'failed' },
  whenHeld: waitForData(),
  reads,
  plan,
};

function reads({ request }: PlanInput): Wanted {
  const { datastore = '', backup: id, at } = request;
  if (id !== undefined && at !== undefined) {
    throw new Failure(
      'BadInput',
      `recovering ${datastore}: backup and at both say which; name one`,
    );
  }
  return { backups: [{ datastore, ...(id !== undefined && { id }) }], beside: datastore };
}

function plan({ operation, loaded, request, runId, now }: PlanInput, world: World): Plan {
  const { datastore = '', keep = DAY_MS } = request;
  const place = world.beside;
  if (place === undefined) throw new Failure('Broken', `nobody knows where ${datastore} goes`);
  const asked = { ...request, datastore };
  const { entry, note } = chooseBackup(asked, world.backups[datastore] ?? [], now);
  const backup = provable(entry);
  const settings = datastoreIn(loaded, datastore);
  const about = { datastore, backup: backup.id, copy: copyName('recover', backup.id, runId) };
  const rungs = rungsOf(settings);
  const required = settings.verify.required.filter((rung) => rung !== 'usable');
  const noMark =
    required.length === settings.verify.required.length
      ? {}
      : { noMark: 'usable is not climbed beside what is live: no mark' };
  const names = required.map((rung) => RUNG_STEPS[rung]).join(', ');
  const steps = ladderSteps({
    ...{ ...about, required, service: [], ...noMark },
    ...(place.into === 'beside' && { into: 'beside' }),
    rungs: RUNGS.filter((rung) => ['artefact', 'loads'].includes(rung) || rungs.includes(rung)),
    title: (rung) =>
      rung === 'loads'
        ? restoreTitle(backup, datastore, place, note)
        : rungTitle(rung, backup, settings, 'the end of the backup'),
    conclude: `Conclude; the copy is kept only if ${names} passed`,
    then: lookSteps(about, keep),
  });
  return finishPlan({ operation, kind: drill.type, loaded, backup, steps });
}

function lookSteps(
  about: { datastore: string; backup: string; copy: string },
  ms: number,
): PlanStep[] {
  const { datastore, copy } = about;
  return [
    {
      id: 'compare-live',
      title: `Compare the live ${datastore}, which goes on meanwhile, with the copy`,
      undo: NO_UNDO,
      action: { kind: 'compareLive', datastore, copy },
    },
    {
      id: 'keep',
      title: `Keep the copy for ${spanOf(ms)}, read-only, for whoever looks into it`,
      undo: 'none: it goes when its time is over',
      action: { kind: 'keepCopy', ...about, ms },
    },
  ];
}

function restoreTitle(
  backup: BackupSummary,
  datastore: string,
  place: CopyPlace,
  note: string,
): string {
  const where =
    place.into === 'beside'
      ? `beside the live ${datastore}`
      : `apart from everything live (${place.why})`;
  const { id, recoveryPoint } = backup;
  return `Restore ${id} (recovery point ${pointWords(recoveryPoint)}, ${provedWords(backup)}) ${where}; nobody is stopped${note}`;
}
