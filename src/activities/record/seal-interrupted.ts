// Closes, and signs, the record of a run that ended without doing so. Called by whoever finds its lease: leases.ts.
import { buildReport } from '../../domain/record/build-report.ts';
import { chain } from '../../domain/record/evidence-chain.ts';
import type { EvidenceEntry } from '../../domain/record/evidence.ts';
import type { Report } from '../../domain/record/report.ts';
import { clausesOn } from './stays-done.ts';
import type { RunRef } from '../../domain/operation/operation.ts';
import { signRecord, type SigningPorts } from './sign-record.ts';

/**
 * A sentence on what the run had begun, if anything. It is somebody else's record: when it cannot be read or written
 * that is said, and holds nobody up.
 */
export async function sealInterrupted(
  ports: SigningPorts,
  run: RunRef,
): Promise<string | undefined> {
  try {
    const entries = await ports.evidence.read(run);
    const last = entries.at(-1);
    if (last === undefined) return undefined;
    if (last.type === 'closed') {
      // Its closer may have died before it had signed.
      await signRecord(ports, run, entries).catch(() => undefined);
      return undefined;
    }
    const report = buildReport(entries);
    const message = `ended without closing its record, ${whereIn(report)}`;
    const left = [`${report.operation} ${message}`, ...clausesOn(report)].join('; ');
    const problem = await closeFor(ports, run, { last, report, message });
    return problem === undefined ? left : `${left}; ${problem}`;
  } catch (error) {
    return `the record of ${run.workflowId} could not be read: ${saidBy(error)}`;
  }
}

/** What went wrong, when the record could not be closed or signed. */
async function closeFor(
  ports: SigningPorts,
  run: RunRef,
  { last, report, message }: { last: EvidenceEntry; report: Report; message: string },
): Promise<string | undefined> {
  const { evidence, signer } = ports;
  const at = new Date().toISOString();
  const isOld = report.weights.length === 0;
  const unable = await signer.unable();
  const said =
    unable === undefined
      ? []
      : [chain(last, at, { type: 'finding', text: `the record is not signed: ${unable}` })];
  const closed = chain(said.at(-1) ?? last, at, {
    type: 'closed',
    outcome: 'interrupted',
    verdict: report.verdict,
    serving: isOld ? 'old' : 'mixed',
    message,
    leftovers: isOld ? [] : [`what ${report.steps.at(-1)?.id ?? 'it'} had begun`],
  });
  try {
    await evidence.append(run, [...said, closed]);
  } catch (error) {
    return `it could not be closed for it: ${saidBy(error)}`;
  }
  if (unable !== undefined) return undefined;
  try {
    await signRecord(ports, run, await evidence.read(run));
    return undefined;
  } catch (error) {
    return `its record could not be signed: ${saidBy(error)}`;
  }
}

function whereIn({ steps }: Report): string {
  const step = steps.at(-1);
  return step === undefined ? 'before its first step' : `at ${step.id}`;
}

function saidBy(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
