// Recognises a file of documents that somebody named, before it is loaded anywhere: one of Fairlead's own.
import { createReadStream } from 'node:fs';
import type { Waiting } from '../../ports/waiting.ts';
import { Failure } from '../../domain/failure.ts';
import { countOf } from '../../domain/text/amounts.ts';
import { checkDump, type Named } from '../named-dump.ts';
import { readLines } from './load-documents.ts';
import { DUMP, FORMAT } from './take-documents.ts';

/** Throws CheckFailed for one that is none, damaged or cut; Unsupported for an export of Google's. */
export async function namedDocuments(file: string, { signal }: Waiting): Promise<Named> {
  if (file.endsWith('export_metadata')) {
    const message = `${file} is of an export that the service made, which only the service imports; name a ${DUMP} of a backup of Fairlead's`;
    throw new Failure('Unsupported', message);
  }
  await checkDump(file, `{"format":"${FORMAT}"`, 'a backup of Firestore');
  const body = createReadStream(file, { signal });
  let documents = 0;
  try {
    const database = await readLines(body, () => {
      documents += 1;
    });
    return {
      objects: [{ name: DUMP, file }],
      tools: { format: FORMAT },
      holds: `${countOf(documents, 'document')} of ${database}`,
    };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    throw new Failure(error.kind, `${file}: ${error.message}`);
  } finally {
    body.destroy();
  }
}
