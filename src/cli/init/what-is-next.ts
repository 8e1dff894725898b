// What `fairlead up` says to type next: the first deploy where nothing was ever done in its data folder, else how the system is.
import { readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { loadSystem } from '../../config/load.ts';
import { systemNames } from '../../config/system-names.ts';
import { shellWord } from '../../domain/text/command-text.ts';
import { guessedFrom } from './guess.ts';

/** Lines to print; without a system a worker can do nothing: that is said now, not at the first deploy. */
export async function whatIsNext(systems: string, data: string): Promise<string[]> {
  const { names } = await systemNames(systems).catch((): { names: string[] } => ({ names: [] }));
  const first = names.includes('commercial-view') ? 'commercial-view' : names[0];
  if (first === undefined) {
    const folder = resolve(systems);
    return [
      `There is no system in ${folder}: put SYSTEM/system.yaml there, or name another folder by --systems.`,
    ];
  }
  const isNew = (await readdir(join(data, 'objects')).catch(() => [])).length === 0;
  const command = (isNew && (await firstDeploy(systems, first))) || `status ${first}`;
  return ['Next, in another terminal:', `  ${prefixFor(data)}fairlead ${command}`];
}

/** Empty where the system file does not load, or no version is found that could be deployed. */
async function firstDeploy(systems: string, name: string): Promise<string> {
  try {
    const { directory, system } = await loadSystem(systems, name);
    const [service] = Object.keys(system.services);
    const [version] = (await guessedFrom(directory, '')).versions;
    return service === undefined || version === undefined
      ? ''
      : `deploy ${name}/${service} ${version}`;
  } catch {
    return '';
  }
}

/** The other verbs find `.fairlead/up.json` from this folder by themselves; any other data folder they do not. */
function prefixFor(data: string): string {
  return resolve(data) === resolve('.fairlead') ? '' : `FAIRLEAD_DATA=${shellWord(resolve(data))} `;
}
