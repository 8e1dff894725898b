// Fairlead's own version, as package.json beside src and dist has it. Read by the worker; the command line has its own.
import { readFileSync } from 'node:fs';

export function ownVersion(): string {
  const file = new URL('../../package.json', import.meta.url);
  const found: unknown = JSON.parse(readFileSync(file, 'utf8'));
  const version =
    typeof found === 'object' && found !== null && 'version' in found ? found.version : undefined;
  return typeof version === 'string' ? version : 'unknown';
}
