// Makes the plans of backups and of their proofs: from the system file, the clock and the catalogue.
import type { DataKind } from '../domain/operation.ts';
import { planBackup, planVerify, planVerifyFile } from '../domain/plan-backup.ts';
import { Failure } from '../domain/failure.ts';
import { parseBackupId } from '../domain/backup-id.ts';
import type { Plan } from '../domain/plan.ts';
import type { OperationRequest } from '../domain/request.ts';
import type { Call } from './boundary.ts';
import type { PlanInput } from './plan.ts';
import type { BackupsPort } from './ports-data.ts';
import type { Clock } from './ports.ts';

export async function makeDataPlan(
  input: PlanInput & { kind: DataKind },
  call: Call,
  { backups, clock }: { backups: BackupsPort; clock: Pick<Clock, 'now'> },
): Promise<Plan> {
  const { operation, loaded, request } = input;
  switch (input.kind) {
    case 'backup':
      return planBackup({ operation, loaded, request, now: clock.now() });
    case 'verifyBackup': {
      const { file } = request;
      if (file !== undefined) {
        const copy = copyOfFile(request, call.run.runId);
        return planVerifyFile({ operation, loaded, request, file, copy });
      }
      const id = request.backup ?? '';
      const copy = copyName(id, call.run.runId);
      const entry = await backups.read(id, call);
      return planVerify({ operation, loaded, request, entry, copy });
    }
  }
}

/** Of one run: another run that proves the same backup at the same time has a copy of its own. */
function copyName(backup: string, runId: string): string {
  const name = parseBackupId(backup);
  if (name === undefined) throw new Failure('Broken', `planning a proof of ${backup}`);
  const { system, datastore, time } = name;
  return `verify-${system}-${datastore}-${time}-${runId.slice(0, 8)}`;
}

function copyOfFile({ system, datastore = '' }: OperationRequest, runId: string): string {
  return `verify-${system}-${datastore}-file-${runId.slice(0, 8)}`;
}
