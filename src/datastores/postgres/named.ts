// A dump of Postgres that somebody named: what its own head and list say of it, where there is no manifest.
import type { Waiting } from '../../ports/waiting.ts';
import { Failure } from '../../domain/failure.ts';
import { checkDump, type Named } from '../named-dump.ts';
import { runTool } from '../tool.ts';
import { localeIn } from './locale.ts';

const MAGIC = 'PGDMP';

/** `program` is pg_restore. */
export async function namedDump(
  file: string,
  program: string,
  { signal }: Waiting,
): Promise<Named> {
  await checkDump(file, MAGIC, 'a dump of Postgres in its custom format');
  const read = (args: string[]): Promise<string> =>
    runTool({ program, args: [...args, file], env: {}, directory: '/', signal });
  const listing = await read(['--list']).catch((error: unknown) => {
    throw tooNew(error) ?? error;
  });
  const tables = listing.split('\n').filter((line) => / TABLE DATA /.test(line)).length;
  if (tables === 0) {
    const message = `${file} lists no table of data: it was taken of an empty database, or with --schema-only`;
    throw new Failure('CheckFailed', message);
  }
  const [, server = ''] = /^;\s+Dumped from database version: (\S+)/m.exec(listing) ?? [];
  const locale = localeIn(await read(['--create', '--section=pre-data', '--file=-']));
  return {
    objects: [{ name: 'dump', file }],
    tools: { server },
    ...(locale !== undefined && { locale }),
    holds: `${tables} tables of data from Postgres ${server}`,
  };
}

/** The tool is too old: that says nothing of the dump. */
function tooNew(error: unknown): Failure | undefined {
  if (!(error instanceof Failure) || !/unsupported version/.test(error.message)) return undefined;
  const message = `${error.message}: the dump was made by a newer pg_dump; install that version of Postgres where the worker runs`;
  return new Failure('Unsupported', message);
}
