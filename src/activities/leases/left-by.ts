// What whoever took over a lease is told of the operation that gave way.
import { staysDone } from '../record/stays-done.ts';
import type { RunRef } from '../../domain/operation/operation.ts';
import type { EvidencePort } from '../../ports/evidence.ts';

/** A sentence on what stays done of a run, if anything. A record that cannot be read is said, and holds nobody up. */
export async function leftBy(
  { evidence }: { evidence: Pick<EvidencePort, 'read'> },
  run: RunRef,
): Promise<string | undefined> {
  try {
    return staysDone(await evidence.read(run));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return `what stays done of ${run.workflowId}, which made way, is not known: its record could not be read: ${why}`;
  }
}
