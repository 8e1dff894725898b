// What `fairlead check` does: reads the systems folder and says every mistake. Loaded when it is asked for, because the
// shapes of system files take longer to load than all the rest of the command line.
import { checkSystem, loadSystem } from '../config/load.ts';
import { shownFile } from '../config/base-chain.ts';
import { mistakeLine } from '../config/mistake.ts';
import type { Mistake } from '../config/mistake.ts';
import { systemNames } from '../config/system-names.ts';
import { NAME_ALLOWED } from '../domain/names.ts';
import type { CommonOptions } from './command-options.ts';
import { EXIT, ExitError } from './exit.ts';
import { printJson, printText } from './print.ts';

interface Checked {
  system: string;
  /** Null when it does not load. */
  digest: string | null;
  mistakes: Mistake[];
}

/** Mistakes are the result, on stdout; exit 2 when there are any. Throws Failure NotFound. */
export async function check(
  dir: string,
  system: string | undefined,
  options: CommonOptions,
): Promise<void> {
  const checked = system === undefined ? await checkAll(dir) : [await checkOne(dir, system)];
  const mistakes = checked.flatMap((one) => one.mistakes);
  if (options.json === true) {
    printJson({ schema: 'fairlead/check/v1', ok: mistakes.length === 0, systems: checked });
  } else {
    for (const one of checked) printText(described(one));
  }
  if (mistakes.length > 0) {
    const count = mistakes.length === 1 ? '1 mistake' : `${mistakes.length} mistakes`;
    throw new ExitError(EXIT.badInput, `${count} in the system files of ${dir}`);
  }
}

async function checkAll(dir: string): Promise<Checked[]> {
  const { names, unusable } = await systemNames(dir);
  if (names.length + unusable.length === 0) {
    const message = `no systems in ${dir}: a system is a folder with a system.yaml; name another place by --systems`;
    throw new ExitError(EXIT.badInput, message);
  }
  const checked = await Promise.all(names.map((name) => checkOne(dir, name)));
  return [...checked, ...unusable.map((name) => unusableFolder(dir, name))];
}

async function checkOne(dir: string, name: string): Promise<Checked> {
  const mistakes = await checkSystem(dir, name);
  const digest = mistakes.length === 0 ? (await loadSystem(dir, name)).digest : null;
  return { system: name, digest, mistakes };
}

function unusableFolder(dir: string, name: string): Checked {
  const message = `the folder cannot be the name of a system; write ${NAME_ALLOWED}`;
  const mistake = { file: shownFile(dir, name), line: 1, path: 'system', message };
  return { system: name, digest: null, mistakes: [mistake] };
}

function described({ system, digest, mistakes }: Checked): string {
  if (digest === null) return mistakes.map(mistakeLine).join('\n');
  return `${system}: good (digest ${digest.slice(0, 12)})`;
}
