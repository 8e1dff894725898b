// What two folders of files do not have in common, by walking both at once: a path at a time, never all of them. As much
// memory as the names of one folder take.
import type { Part } from '../../domain/backup/backup.ts';
import type { Loss } from '../../domain/recovery/exchange.ts';
import type { Waiting } from '../../ports/waiting.ts';
import { lossCounter, together, type LossCounter } from '../loss.ts';
import { readPart } from './contents.ts';
import { walkFiles } from './walk.ts';

/** `there` holds what was live, `here` what comes back. */
export async function lossOf(there: string, here: string, waiting: Waiting): Promise<Loss> {
  const [onlyThere, onlyHere, changed] = [lossCounter(), lossCounter(), lossCounter()];
  const take = (into: LossCounter, content: string, told: string): void => {
    into.add(told, content);
    into.tell(told);
  };
  const read = async (folder: string, path: string | undefined): Promise<Part | undefined> =>
    path === undefined ? undefined : readPart(folder, path, waiting);
  for await (const both of together(walkFiles(there), walkFiles(here), compare)) {
    waiting.signal.throwIfAborted();
    const [was, is] = [await read(there, both.there), await read(here, both.here)];
    if (was !== undefined && is !== undefined) {
      const told = `${described(was)}, goes back to ${sized(is)}${sized(was) === sized(is) ? ' with other content' : ''}`;
      if (was.hash !== is.hash) take(changed, `${was.hash} ${is.hash}`, told);
    } else if (was !== undefined) take(onlyThere, was.hash, described(was));
    else if (is !== undefined) take(onlyHere, is.hash, described(is));
  }
  return { onlyThere: onlyThere.count(), onlyHere: onlyHere.count(), changed: changed.count() };
}

function described(part: Part): string {
  return `${part.name} (${sized(part)})`;
}

function sized({ rows, bytes }: Part): string {
  return rows === null ? `${bytes ?? 0} bytes` : `${rows} rows`;
}

/** Compares two paths in the order of `walkFiles`: name by name, and not as one text, in which `/` comes after some characters. */
function compare(one: string, other: string): number {
  const [names, others] = [one.split('/'), other.split('/')];
  for (const [index, name] of names.entries()) {
    const against = others[index];
    if (against === undefined) return 1;
    if (name !== against) return name < against ? -1 : 1;
  }
  return names.length - others.length;
}
