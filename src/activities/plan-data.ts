// Makes the plans of backups and of their proofs: from the system file, the clock and the catalogue.
import { defaultBackup, passedOverNote } from '../domain/anomaly.ts';
import { parseBackupId } from '../domain/backup-id.ts';
import type { CatalogueEntry } from '../domain/backup.ts';
import { Failure } from '../domain/failure.ts';
import { runName } from '../domain/names.ts';
import { datastoreOf, type DataKind } from '../domain/operation.ts';
import { datastoreIn, planBackup } from '../domain/plan-backup.ts';
import { planVerify, planVerifyFile, type UsableInput } from '../domain/plan-verify.ts';
import type { Plan } from '../domain/plan.ts';
import type { OperationRequest } from '../domain/request.ts';
import type { Call } from './boundary.ts';
import type { PlanInput } from './plan.ts';
import { makeRecoveryPlan, readUsable, type UsablePorts } from './plan-recovery.ts';
import type { BackupsPort } from './ports-data.ts';
import type { Clock } from './ports.ts';

export async function makeDataPlan(
  input: PlanInput & { kind: DataKind },
  call: Call,
  ports: UsablePorts & { clock: Pick<Clock, 'now'> },
): Promise<Plan> {
  const { operation, loaded, request } = input;
  const { backups, clock } = ports;
  switch (input.kind) {
    case 'backup':
      return planBackup({ operation, loaded, request, now: clock.now() });
    case 'verifyBackup': {
      const { file } = request;
      if (file !== undefined) {
        const copy = copyOfFile(request, call.run.runId);
        return planVerifyFile({ operation, loaded, request, file, copy });
      }
      const { entry, note } = await provenBackup(request, backups, call);
      const copy = copyName(entry.id, call.run.runId);
      const usable = await usableOf(input, call, ports);
      return planVerify({ operation, loaded, request, entry, copy, note, ...usable });
    }
    case 'disasterRecovery':
      return makeRecoveryPlan(input, call, ports);
  }
}

/** The one that is named; else the newest good one of the datastore. Throws NotFound. */
async function provenBackup(
  { system, datastore = '', backup }: OperationRequest,
  backups: BackupsPort,
  call: Call,
): Promise<{ entry: CatalogueEntry; note: string }> {
  if (backup !== undefined) return { entry: await backups.read(backup, call), note: '' };
  const entries = await backups.list({ system, datastore }, call);
  const found = defaultBackup(entries);
  if (found !== undefined) return { entry: found, note: passedOverNote(entries) };
  const why =
    entries.length === 0
      ? 'there is none'
      : `of the ${entries.length} there are, none is complete and good`;
  throw new Failure(
    'NotFound',
    `${system}/${datastore} has no backup to verify: ${why}; take one with "fairlead backup ${system}/${datastore}", or name one`,
  );
}

/** Where that rung is required. */
async function usableOf(
  { loaded, request }: PlanInput,
  { run }: Call,
  ports: UsablePorts,
): Promise<{ usable?: UsableInput }> {
  const datastore = datastoreOf(request) ?? '';
  if (!datastoreIn(loaded, datastore).verify.required.includes('usable')) return {};
  const target = `verify-${loaded.name}-${runName(run.runId)}`;
  return { usable: await readUsable({ loaded, datastore, target }, ports) };
}

/** Of one run: another run that proves the same backup at the same time has a copy of its own. */
function copyName(backup: string, runId: string): string {
  const name = parseBackupId(backup);
  if (name === undefined) throw new Failure('Broken', `planning a proof of ${backup}`);
  const { system, datastore, time } = name;
  return `verify-${system}-${datastore}-${time}-${runName(runId)}`;
}

function copyOfFile({ system, datastore = '' }: OperationRequest, runId: string): string {
  return `verify-${system}-${datastore}-file-${runName(runId)}`;
}
