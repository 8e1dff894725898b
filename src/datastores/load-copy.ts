// Makes a copy and fills it, whatever with: a backup of the catalogue, a file that somebody named, nothing at all.
import type { CopyRef } from '../ports/backups.ts';
import type { BindingsPort } from '../ports/bindings.ts';
import type { Clock } from '../ports/clock.ts';
import type { Waiting } from '../ports/waiting.ts';
import { Failure } from '../domain/failure.ts';
import type { Copies, Copy, NewCopy, ReleaseCopy } from './copies.ts';
import { unlessFull } from './full-disk.ts';
import type { IsLive, Store } from './store.ts';

/** `backup`: what it is made from, as in `CopyState`. */
export function newCopy(
  { copy, store, owner }: CopyRef,
  backup: string,
  clock: Pick<Clock, 'now'>,
): NewCopy {
  const { kind } = store.settings;
  return { copy, backup, kind, createdAt: clock.now(), ...(owner && { owner }) };
}

/** Loads a copy. The same copy of the same backup again is left as it is, or begun anew when it was cut off. */
export function loadCopy(
  copies: Copies,
  kind: Store,
  begun: NewCopy,
  fill: (folder: string) => Promise<void>,
  waiting: Waiting,
): Promise<void> {
  return unlessFull(copies, begun.backup, async () => {
    const there = await copies.begin(begun, waiting);
    if (there.state === 'ready') {
      const address = await kind.address(there.folder, waiting).catch(unlessNotReady);
      if (address !== undefined) return;
      // Its server is gone (the machine was restarted): the copy is worth nothing.
      await copies.discard(begun.copy, waiting);
    }
    const fresh: Copy = there.state === 'ready' ? await copies.begin(begun, waiting) : there;
    await fill(fresh.folder);
    waiting.signal.throwIfAborted();
    await copies.finish(fresh);
  });
}

/** What a kind made outside of the folder of a copy goes with it. */
export function releaseIn(
  stores: Readonly<Record<string, Store | undefined>>,
  bindings: Pick<BindingsPort, 'read'>,
): ReleaseCopy {
  return async (kind, folder, waiting) => {
    const isLive: IsLive = async ({ system, datastore, settings }) => {
      const { place } = (await bindings.read({ system, datastore }, waiting)) ?? {};
      return place?.database !== undefined && place.database === settings.database;
    };
    await stores[kind]?.exchange?.release(folder, waiting, isLive);
  };
}

function unlessNotReady(error: unknown): undefined {
  if (error instanceof Failure && error.kind === 'NotReady') return undefined;
  throw error;
}
