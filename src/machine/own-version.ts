// Fairlead's own version, as package.json beside src and dist has it.
import { readFileSync } from 'node:fs';
import { parsedJson, textAt } from '../domain/json.ts';

export function ownVersion(): string {
  const file = new URL('../../package.json', import.meta.url);
  return textAt(parsedJson(readFileSync(file, 'utf8')), 'version') ?? 'unknown';
}
