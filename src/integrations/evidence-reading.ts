// Where the record of a run lies in the object store, and how it is read. While the run is open, what each activity
// added is an object of its own, a part, named for its first entry; when it is closed, all of it is one file:
//   _evidence/<workflow id>/<run id>/<first seq>.jsonl
//   _evidence/<workflow id>/<run id>.jsonl             and its signature, <run id>.sig.json
import type { ObjectInfo, ObjectsPort } from '../ports/objects.ts';
import type { RunRef } from '../domain/operation/operation.ts';
import type { EvidenceEntry } from '../domain/record/evidence.ts';
import { readEvidenceLines } from '../domain/record/evidence-lines.ts';
import { Failure } from '../domain/failure.ts';
import type { EarlierEvidence } from './earlier-evidence.ts';
import { encodeName } from './encode-name.ts';
import { readText, UNDISTURBED } from './json-objects.ts';

/** A record as it is kept now. */
export interface KeptRecord {
  entries: EvidenceEntry[];
  /** `parts`: by activity, or nothing yet; `whole`: closed, in one file; `earlier`: in a file of an earlier release. */
  as: 'parts' | 'whole' | 'earlier';
}

/** The key of a run's record without an ending: `_evidence/<workflow id>/<run id>`. */
export function recordOf({ workflowId, runId }: RunRef): string {
  return `_evidence/${encodeName(workflowId)}/${encodeName(runId)}`;
}

/** The key of a part, by its first entry; keys are in the order of entries as long as there are less than ten million. */
export function partOf(run: RunRef, [first]: readonly EvidenceEntry[]): string {
  return `${recordOf(run)}/${String(first?.seq ?? 0).padStart(7, '0')}.jsonl`;
}

export const partsOf = (run: RunRef): string => `${recordOf(run)}/`;
export const wholeOf = (run: RunRef): string => `${recordOf(run)}.jsonl`;
export const signatureOf = (run: RunRef): string => `${recordOf(run)}.sig.json`;

/** Reads records; throws Broken when an entry is missing. */
export function createRecordReader(
  objects: ObjectsPort,
  earlier: EarlierEvidence,
): (run: RunRef) => Promise<KeptRecord> {
  const known = new PartTexts(objects);
  return async (run) => {
    const parts = await objects.list(partsOf(run));
    const texts = await Promise.all(parts.map((part) => known.textOf(part)));
    // Looked for last: it is put before the parts are removed, so that one of the two is there.
    const whole = await readText(objects, wholeOf(run), UNDISTURBED);
    if (whole !== undefined) return { entries: parsed(wholeOf(run), whole), as: 'whole' };
    if (parts.length > 0) return { entries: parsed(partsOf(run), texts.join('')), as: 'parts' };
    const { file, text } = await earlier.lines(run);
    return { entries: parsed(file, text), as: text === '' ? 'parts' : 'earlier' };
  };
}

/** Remembers the texts of parts: a part never changes, and each activity of an operation reads all of them. */
class PartTexts {
  readonly #objects: ObjectsPort;
  readonly #most = 2000;
  readonly #texts = new Map<string, { etag: string; text: string }>();

  constructor(objects: ObjectsPort) {
    this.#objects = objects;
  }

  async textOf({ key, etag }: ObjectInfo): Promise<string> {
    const known = this.#texts.get(key);
    if (known?.etag === etag) return known.text;
    const text = await readText(this.#objects, key, UNDISTURBED);
    // Removed since it was listed: it is in the whole.
    if (text === undefined) return '';
    const [oldest] = this.#texts.keys();
    if (this.#texts.size >= this.#most && oldest !== undefined) this.#texts.delete(oldest);
    this.#texts.set(key, { etag, text });
    return text;
  }
}

function parsed(where: string, text: string): EvidenceEntry[] {
  const { entries, gap } = readEvidenceLines(text);
  if (gap === undefined) return entries;
  throw new Failure(
    'Broken',
    `reading ${where}:${gap.line}: entry ${gap.seq} is missing or not readable, and later ones follow. The file was changed by something other than Fairlead; bring it back from a backup.`,
  );
}
