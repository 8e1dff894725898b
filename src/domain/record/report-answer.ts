// A report as a query or an activity answers it: Temporal carries two megabytes at most, so that of a long operation only
// the entries travel, and whoever asked makes the report of them. Used by listen.ts, inspect.ts and the command line.
import { utf8ToBytes } from '@noble/hashes/utils.js';
import { buildReport } from './build-report.ts';
import { isEvidenceEntry } from './evidence-shape.ts';
import { isRecord, textAt } from '../json.ts';
import type { Report } from './report.ts';

export interface ReportEntries {
  schema: 'fairlead/report-entries/v1';
  operation: string;
  runId: string;
  evidence: Report['evidence'];
}

const MOST_BYTES = 1_500_000;

export function reportAnswer(report: Report): Report | ReportEntries {
  if (utf8ToBytes(JSON.stringify(report)).length <= MOST_BYTES) return report;
  const { operation, runId, evidence } = report;
  return { schema: 'fairlead/report-entries/v1', operation, runId, evidence };
}

/** The report of an answer that has nothing but its entries; `undefined` for any other answer. */
export function reportOfEntries(answer: unknown): Report | undefined {
  if (!isRecord(answer) || answer['schema'] !== 'fairlead/report-entries/v1') return undefined;
  const { evidence } = answer;
  if (!isRecord(evidence) || !Array.isArray(evidence['entries'])) return undefined;
  const entries = evidence['entries'].filter(isEvidenceEntry);
  const [head, signature, publicKey] = ['head', 'signature', 'publicKey'].map((field) =>
    textAt(evidence, field),
  );
  if (head === undefined || signature === undefined || publicKey === undefined) {
    return buildReport(entries);
  }
  return buildReport(entries, { signed: { head, signature, publicKey } });
}
