// Fills a copy, whatever with: a backup of the catalogue, a file that somebody named, nothing at all.
import type { CopyAddress } from '../activities/ports-data.ts';
import type { Waiting } from '../activities/ports.ts';
import { Failure } from '../domain/failure.ts';
import type { Copies, Copy } from './copies.ts';
import { unlessFull } from './full-disk.ts';
import type { Store } from './store.ts';

/** The same copy of the same thing again is answered as it is, or begun anew when it was cut off. */
export function loadCopy(
  copies: Copies,
  kind: Store,
  begun: Parameters<Copies['begin']>[0],
  fill: (folder: string) => Promise<void>,
  waiting: Waiting,
): Promise<CopyAddress> {
  return unlessFull(copies, begun.backup, async () => {
    const there = await copies.begin(begun, waiting);
    if (there.state === 'ready') {
      const address = await kind.address(there.folder, waiting).catch(unlessNotReady);
      if (address !== undefined) return address;
      // Its server is gone (the machine was restarted): the copy is worth nothing.
      await copies.discard(begun.copy, waiting);
    }
    const fresh: Copy = there.state === 'ready' ? await copies.begin(begun, waiting) : there;
    await fill(fresh.folder);
    waiting.signal.throwIfAborted();
    await copies.finish(fresh);
    return kind.address(fresh.folder, waiting);
  });
}

function unlessNotReady(error: unknown): undefined {
  if (error instanceof Failure && error.kind === 'NotReady') return undefined;
  throw error;
}
