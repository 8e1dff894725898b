// A workflow of the type that recovers, which does nothing but hold a lease: for tests of what keeps away from it.
import { condition, startChild } from '@temporalio/workflow';

export async function disasterRecovery(id: string): Promise<void> {
  await startChild('lease', { workflowId: id, parentClosePolicy: 'TERMINATE' });
  await condition(() => false);
}

export async function lease(): Promise<void> {
  await condition(() => false);
}
