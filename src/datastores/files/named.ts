// A folder of files that somebody named: what is in it, as objects of a backup, where there is no manifest.
import { join } from 'node:path';
import { CANARY_FILE } from '../../domain/canary.ts';
import { Failure } from '../../domain/failure.ts';
import { thereAt, type Named } from '../named-dump.ts';
import { takeCanary } from './canary.ts';
import { generationsOf } from './generations.ts';
import { filesIn } from './snapshot.ts';

/** With generations, the current one. */
export async function namedFolder(directory: string): Promise<Named> {
  if (!(await thereAt(directory)).isDirectory()) {
    const message = `${directory} is a file, and a datastore of kind files is a folder; unpack it if it is an archive`;
    throw new Failure('Unsupported', message);
  }
  const { folder } = await generationsOf(directory);
  const files = await filesIn(folder);
  if (files.length === 0) throw new Failure('CheckFailed', `${folder} holds no file`);
  const paths = files.map(({ path }) => path);
  if ((await takeCanary(folder)) !== undefined) paths.push(CANARY_FILE);
  return {
    objects: paths.map((path) => ({ name: `files/${path}`, file: join(folder, path), path })),
    tools: {},
    holds: `${files.length} files`,
  };
}
