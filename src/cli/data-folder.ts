// Where this machine keeps what happened: the data folder of the nearest `up`, or FAIRLEAD_DATA.
import { dirname, join, resolve } from 'node:path';
import { distrustOf } from '../machine/own-file.ts';

const NAME = '.fairlead';

/** The data folders that an `up` in this folder or a parent of it would have, nearest first. */
export function* dataFoldersUp(folder: string): Generator<string> {
  for (let at = folder; ; at = dirname(at)) {
    yield join(at, NAME);
    if (dirname(at) === at) return;
  }
}

/** The data folder of the nearest parent folder in which an `up` runs; without one, of this folder. */
export function dataFolder(env: NodeJS.ProcessEnv, folder: string): string {
  const given = env['FAIRLEAD_DATA'];
  if (given !== undefined) return resolve(folder, given);
  for (const data of dataFoldersUp(folder)) {
    if (distrustOf(join(data, 'up.json')) === undefined) return data;
  }
  return join(folder, NAME);
}
