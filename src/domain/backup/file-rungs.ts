// Which rungs a dump can climb that is in no catalogue: what takes a manifest is left out, and said to be.
import type { Datastore } from '../../config/datastores.ts';
import { measuresPoint } from './measured-point.ts';
import { rungsOf } from './rung-steps.ts';
import { RUNGS, type Rung } from './rungs.ts';

/** With the manifest. */
const COMPARED: readonly Rung[] = ['complete', 'correct'];

export function rungsOfFile(store: Datastore): Rung[] {
  const wanted = new Set<Rung>([...rungsOf(store), 'artefact', 'loads']);
  for (const rung of ['complete', 'correct'] as const) wanted.delete(rung);
  if (!measuresPoint(store)) wanted.delete('pointInTime');
  return RUNGS.filter((rung) => wanted.has(rung));
}

/** Why rungs that are required are left out. */
export function notOnAFile(required: readonly Rung[]): string[] {
  const manifest = required.includes('usable') && !required.some((rung) => COMPARED.includes(rung));
  return [
    ...(manifest ? [] : ['complete and correct take a manifest, which a file does not have']),
    ...(required.includes('usable') ? ['no service is started on a named file'] : []),
  ];
}

export function titleOfFile(rung: Rung, file: string, queries: number): string {
  switch (rung) {
    case 'artefact':
      return `Read all of ${file} on the worker's machine, and have the tool of its kind read it`;
    case 'loads':
      return `Restore ${file} into a copy apart from everything live`;
    case 'pointInTime':
      return 'Judge how old the copy was when the file was written, by its own canary records or watermark';
    default:
      return `Ask ${queries === 1 ? '1 query' : `${queries} queries`} of the copy`;
  }
}
