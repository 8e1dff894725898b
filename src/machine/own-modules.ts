// Fairlead's own files: modules in `src` (run by tsx from a clone) or `dist` (built), and package.json beside both.
// Found from the package's folder, because a built module is bundled and does not lie where its source did.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parsedJson, textAt } from '../domain/json.ts';

const here = fileURLToPath(import.meta.url);
const fromSource = here.endsWith('.ts');

/** The folder of the package: the nearest one above this module that has a package.json. */
export const OWN_PACKAGE = packageAbove(dirname(here));

/** The path of a module, named as its path in `src` without suffix: `worker`, `platforms/local/daemon`. */
export function ownModule(name: string): string {
  return join(OWN_PACKAGE, fromSource ? 'src' : 'dist', `${name}${fromSource ? '.ts' : '.js'}`);
}

/** Node's arguments that run a module of Fairlead's own as a program. */
export function ownProgram(name: string): string[] {
  const loader = fromSource ? ['--import', import.meta.resolve('tsx')] : [];
  return [...loader, ownModule(name)];
}

/** Fairlead's own version, as package.json has it. */
export function ownVersion(): string {
  const text = readFileSync(join(OWN_PACKAGE, 'package.json'), 'utf8');
  return textAt(parsedJson(text), 'version') ?? 'unknown';
}

function packageAbove(folder: string): string {
  const above = dirname(folder);
  return existsSync(join(folder, 'package.json')) || above === folder
    ? folder
    : packageAbove(above);
}
