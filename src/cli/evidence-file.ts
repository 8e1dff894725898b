// What `report verify` takes: a report in JSON, or an evidence file. People who name an operation instead are told where its files lie.
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { dataFolder } from './data-folder.ts';
import { EXIT, ExitError } from './exit.ts';
import { looksLikeOperation } from './ids.ts';

export const EVIDENCE_FILE =
  'a report in JSON (report OPERATION --out report.json), or an evidence file, DATA/evidence/OPERATION/RUN.jsonl in the data folder of the worker (.fairlead), each / of OPERATION written %2F';

/** The file, or an error that says what to name instead of something that is none. */
export function evidenceFile(
  file: string | undefined,
  env: NodeJS.ProcessEnv,
  folder: string,
): string {
  const takes = `it takes ${EVIDENCE_FILE}`;
  if (file === undefined) throw bad(`report verify needs a file: ${takes}`);
  if (existsSync(file)) {
    if (!statSync(file).isDirectory()) return file;
    throw bad(`${file} is a folder: name one of the files in it`);
  }
  if (!looksLikeOperation(file) || /\.jsonl$/.test(file)) {
    throw bad(`there is no file ${file}; ${takes}`);
  }
  const lies = join(dataFolder(env, folder), 'evidence', encodeURIComponent(file));
  const there = existsSync(lies)
    ? 'Name one of the files'
    : 'The evidence of that operation would be';
  throw bad(`report verify checks a file, and there is none called ${file}. ${there} in ${lies}`);
}

function bad(message: string): ExitError {
  return new ExitError(EXIT.badInput, message);
}
