// `fairlead report verify FILE`: which kind of file is it? A JSON report, or the evidence of a run.
import { readFile } from 'node:fs/promises';
import { isEvidenceEntry } from '../../domain/record/evidence-shape.ts';
import { isRecord, parsedJson, textAt } from '../../domain/json.ts';
import { EXIT, ExitError } from '../exit.ts';
import { trustedKey } from './trusted-key.ts';

export interface VerifyOptions {
  json?: boolean;
  key?: string;
}

/** Exit code 0: the file is as it was written, 3: altered, 7: inconclusive, 2: no such file. */
export async function verifyFile(file: string, options: VerifyOptions): Promise<void> {
  const key = trustedKey(options.key);
  const json = options.json === true;
  const text = await contentOf(file);
  const value = parsedJson(text);
  if (isRecord(value) && !isEvidenceEntry(value)) {
    if (!isLikeReport(value)) throw new ExitError(EXIT.badInput, `${file} ${NEITHER}`);
    const { verifyReport } = await import('./verify-report.ts');
    try {
      verifyReport({ file, text, report: value }, key, json);
    } catch (error) {
      // The call stack ran out: nothing that Fairlead writes is nested so deep.
      if (error instanceof RangeError) throw new ExitError(EXIT.failed, `${file} ${TOO_DEEP}`);
      throw error;
    }
    return;
  }
  if (!isLikeEvidence(text, value)) {
    throw new ExitError(EXIT.badInput, `${file} ${isCutReport(text) ? CUT : NEITHER}`);
  }
  const { verifyEvidence } = await import('./verify-evidence.ts');
  await verifyEvidence({ file, text }, key, json);
}

const TOO_DEEP = 'is nested deeper than any report: it was altered';

const NEITHER =
  'is neither a report in JSON nor the evidence of a run; fairlead report OPERATION --format json makes a report';

function isLikeReport(value: Record<string, unknown>): boolean {
  return textAt(value, 'schema')?.startsWith('fairlead/report/') ?? isRecord(value['evidence']);
}

const CUT = 'is a report that is no JSON: it was cut, or changed by hand';

function isCutReport(text: string): boolean {
  return /^\s*\{\s*"schema":\s*"fairlead\/report/.test(text);
}

/** Is the text lines of JSON objects? An empty file counts: its entries were taken away. */
function isLikeEvidence(text: string, value: unknown): boolean {
  if (value !== undefined && !isRecord(value)) return false;
  return text.trim() === '' || (/^\{"/m.test(text) && !isCutReport(text));
}

async function contentOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    throw new ExitError(EXIT.badInput, `reading ${file}: ${said}`);
  }
}
