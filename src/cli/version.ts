// Fairlead's own version, as package.json beside src and dist has it.
import { readFileSync } from 'node:fs';
import { textAt } from '../domain/json.ts';

export function ownVersion(): string {
  const file = new URL('../../package.json', import.meta.url);
  const found: unknown = JSON.parse(readFileSync(file, 'utf8'));
  return textAt(found, 'version') ?? 'unknown';
}
