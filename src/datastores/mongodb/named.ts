// Recognises an archive of mongodump that somebody named, before it is loaded anywhere.
import { createReadStream } from 'node:fs';
import type { Waiting } from '../../ports/waiting.ts';
import { Failure } from '../../domain/failure.ts';
import { countOf } from '../../domain/text/amounts.ts';
import { checkDump, type Named } from '../named-dump.ts';
import { MAGIC } from './archive.ts';
import { databaseIn, preludeOf } from './load-dump.ts';
import { DUMP } from './take-dump.ts';

/** Throws CheckFailed for one that is none, or of an empty database; Unsupported for one of several databases. */
export async function namedArchive(file: string, { signal }: Waiting): Promise<Named> {
  await checkDump(file, MAGIC, 'an archive of mongodump');
  const body = createReadStream(file, { signal });
  const prelude = await preludeOf(body).finally(() => body.destroy());
  try {
    const database = databaseIn(prelude);
    return {
      objects: [{ name: DUMP, file }],
      tools: { mongodump: prelude.tool, server: prelude.server },
      holds: `${countOf(prelude.collections.length, 'collection')} of the database ${database} from MongoDB ${prelude.server}`,
    };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    throw new Failure(error.kind, `${file}: ${error.message}`);
  }
}
