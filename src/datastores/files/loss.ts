// What two folders of files do not have in common, by walking both at once: a path at a time, never all of them. As much
// memory as the names of one folder take.
import { createHash } from 'node:crypto';
import type { Part } from '../../domain/backup/backup.ts';
import type { Loss, LossCount } from '../../domain/recovery/exchange.ts';
import type { Waiting } from '../../ports/waiting.ts';
import { readPart } from './contents.ts';
import { walkFiles } from './walk.ts';

const SHOWN = 20;

/** `there` holds what was live, `here` what comes back. */
export async function lossOf(there: string, here: string, waiting: Waiting): Promise<Loss> {
  const [onlyThere, onlyHere, changed] = [counter(), counter(), counter()];
  const take = async (folder: string, path: string, into: Counter): Promise<void> => {
    const part = await readPart(folder, path, waiting);
    into.add(part.hash, described(part));
  };
  for await (const [path, where] of together(walkFiles(there), walkFiles(here))) {
    waiting.signal.throwIfAborted();
    if (where === 'there') await take(there, path, onlyThere);
    else if (where === 'here') await take(here, path, onlyHere);
    else {
      const was = await readPart(there, path, waiting);
      const is = await readPart(here, path, waiting);
      if (was.hash === is.hash) continue;
      changed.add(`${was.hash} ${is.hash}`, `${described(was)}, goes back to ${sized(is)}`);
    }
  }
  return { onlyThere: onlyThere.count(), onlyHere: onlyHere.count(), changed: changed.count() };
}

interface Counter {
  add: (content: string, shown: string) => void;
  count: () => LossCount;
}

function counter(): Counter {
  const digest = createHash('sha256');
  const shown: string[] = [];
  let count = 0;
  return {
    add: (content, one) => {
      count += 1;
      digest.update(`${JSON.stringify([one, content])}\n`);
      if (shown.length < SHOWN) shown.push(one);
    },
    count: () => ({ count, digest: digest.digest('hex'), shown }),
  };
}

function described(part: Part): string {
  return `${part.name} (${sized(part)})`;
}

function sized({ rows, bytes }: Part): string {
  return rows === null ? `${bytes ?? 0} bytes` : `${rows} rows`;
}

/** Merges two walks that go the same way. */
async function* together(
  there: AsyncGenerator<string, undefined>,
  here: AsyncGenerator<string, undefined>,
): AsyncGenerator<[path: string, where: 'there' | 'here' | 'both']> {
  const next = async (walk: AsyncGenerator<string, undefined>): Promise<string | undefined> =>
    (await walk.next()).value;
  let [one, other] = [await next(there), await next(here)];
  while (one !== undefined || other !== undefined) {
    if (other === undefined || (one !== undefined && compare(one, other) < 0)) {
      yield [one ?? '', 'there'];
      one = await next(there);
    } else if (one === undefined || compare(one, other) > 0) {
      yield [other, 'here'];
      other = await next(here);
    } else {
      yield [one, 'both'];
      [one, other] = [await next(there), await next(here)];
    }
  }
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
