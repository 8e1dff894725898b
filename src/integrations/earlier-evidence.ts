// Evidence as earlier releases kept it: `<data>/evidence/<workflow id>/<run id>.jsonl` with `<run id>.sig.json` beside
// it, in the data folder of one worker. Only read: used for runs that the object store knows nothing of.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunRef } from '../domain/operation/operation.ts';
import { textAt } from '../domain/json.ts';
import { encodeName } from './encode-name.ts';
import { unavailable } from './objects-folder.ts';

export interface EarlierEvidence {
  /** A run's record, one entry a line; `text` is empty when there is none. */
  lines(run: RunRef): Promise<{ file: string; text: string }>;
  /** The signature's JSON; empty when there is none. */
  signature(run: RunRef): Promise<string>;
}

export function createEarlierEvidence(directory: string): EarlierEvidence {
  const fileOf = ({ workflowId, runId }: RunRef, ending: string): string =>
    join(directory, encodeName(workflowId), `${encodeName(runId)}${ending}`);
  return {
    lines: async (run) => {
      const file = fileOf(run, '.jsonl');
      return { file, text: await textOf(file) };
    },
    signature: (run) => textOf(fileOf(run, '.sig.json')),
  };
}

async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(textAt(error, 'code') ?? '')) return '';
    throw unavailable('reading', file, error);
  }
}
