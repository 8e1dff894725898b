// Every workflow type, by the name that people start it with; an unknown type is answered with the list.
import { workflowInfo } from '@temporalio/workflow';
import { describeValue } from '../domain/describe-value.ts';
import { WORKFLOW_TYPES } from './messages.ts';
import { endingFailure } from './steps/ending-failure.ts';

export { acceptBackup } from './accept-backup.ts';
export { backup, verifyBackup } from './backups.ts';
export { blueGreenDeploy } from './blue-green-deploy.ts';
export { canaryDeploy } from './canary-deploy.ts';
export { disasterRecovery } from './disaster-recovery.ts';
export { checkRecovery } from './check-recovery.ts';
export { inspectSystem } from './inspect-system.ts';
export { janitor } from './janitor.ts';
export { lease } from './lease.ts';
export { retireRevision } from './retire-revision.ts';
export { rollback } from './rollback.ts';
export { admitTraffic, restartService, scaleService, stopTraffic } from './service-operations.ts';
export { writeCanary } from './write-canary.ts';

export default async function unknownType(): Promise<never> {
  const { workflowType } = workflowInfo();
  throw endingFailure(
    'failed',
    `there is no workflow type ${describeValue(workflowType)}; there are ${WORKFLOW_TYPES.join(', ')}`,
  );
}
