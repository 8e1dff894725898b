// The live folder of files exchanged for a generation that was restored beside it: one rename of `current`, and a rename
// too for the write fence, which stays until what is live now was proved. The old generation stays where it is; nobody finds
// it by `current` any more.
import { createHash } from 'node:crypto';
import { readlink, realpath, rmdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { DatastoreRef } from '../../ports/backups.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Waiting } from '../../ports/waiting.ts';
import type { Exchanged, ExchangePlan, WritePosition } from '../../domain/recovery/exchange.ts';
import type { EpochToken } from '../../domain/rollout/model.ts';
import { Failure } from '../../domain/failure.ts';
import { textAt } from '../../domain/json.ts';
import { countOf } from '../../domain/text/amounts.ts';
import { removeTree } from '../../machine/remove-tree.ts';
import { programOf } from '../../machine/process-identity.ts';
import { writersIn } from '../../machine/writers-in.ts';
import { besideNotes, shortOf } from '../beside.ts';
import type { StoreExchange } from '../store.ts';
import { elsewhereIn } from './elsewhere.ts';
import {
  directoryOf,
  fencedName,
  generationsOf,
  isGeneration,
  newGeneration,
} from './generations.ts';
import { claimLive, conversionOf, isHalfConverted, liveOf, makeRoot } from './plain-folder.ts';
import { lossOf } from './loss.ts';
import {
  forgetQuarantined,
  noteQuarantined,
  quarantinedIn,
  removeGeneration,
} from './quarantine.ts';
import { whyNotConvertible } from './settings.ts';
import { filesIn, stampOf, walkFiles } from './walk.ts';

const SHOWN = 5;

const notes = besideNotes(
  z.object({
    directory: z.string(),
    generation: z.string(),
    /** The generation was restored by somebody else, and is not removed with the copy. */
    adopted: z.exactOptional(z.literal(true)),
  }),
  0o644,
);

export function createFilesExchange(clock: Pick<Clock, 'now'>): StoreExchange {
  return {
    unable: async (store) => {
      const directory = directoryOf(store);
      // Throws where the folder is away, or not as anybody left it.
      await generationsOf(directory);
      const why = await whyNotConvertible(directory, store.directory);
      return why && `${store.datastore} cannot be exchanged: ${why}`;
    },
    converts: conversionOf,
    room: async (store, bytes) => {
      const short = await roomFor((await liveOf(store)).folder, bytes);
      return short === undefined ? { known: true } : { short };
    },
    release,
    begin: async (store, folder, bytes) => {
      const live = await liveOf(store);
      const short = await roomFor(live.folder, bytes);
      if (short !== undefined) throw new Failure('Refused', short);
      await makeRoot(live);
      await notes.keep(folder, { directory: live.root, generation: await newGeneration(live) });
    },
    writeFence: async (store, token) => {
      const { point } = await claimLive(store, token);
      const { current, fencedSince } = await liveOf(store);
      if (fencedSince === undefined) await point(fencedName(token, current));
      return { epoch: fencedSince ?? token.epoch, quarantined: current };
    },
    liftFence: async (store, token) => {
      const { point } = await claimLive(store, token);
      const { current, fencedSince } = await liveOf(store);
      const half = await isHalfConverted(await generationsOf(directoryOf(store)));
      if (fencedSince !== undefined || half) await point(current);
    },
    writePosition: (store, waiting) => positionOf(store, clock, waiting),
    plan: async (store, folder) => {
      const { current, root } = await liveOf(store);
      const beside = await notes.find(folder);
      if (beside?.directory === root) {
        return { kind: 'generation', from: current, to: beside.generation, root };
      }
      const message = `exchanging ${store.datastore}: the copy lies apart from everything live, and not beside it; restore it beside`;
      throw new Failure('BadInput', message);
    },
    exchange: (store, plan, token) => noted(store, token, clock, exchange(store, plan, token)),
    loss: async (store, folder, quarantined, waiting) => {
      if (!isGeneration(quarantined)) {
        throw new Failure('BadInput', `${quarantined} is no generation of ${store.datastore}`);
      }
      const { current, folder: live, root } = await liveOf(store);
      const there = quarantined === current ? live : join(root, quarantined);
      return lossOf(there, await copyFilesIn(folder), waiting);
    },
    flush: (store, token) => noted(store, token, clock, flush(store, token)),
    elsewhere: elsewhereIn(notes),
    adopt: { unable: unadoptable, take: takeGeneration },
    quarantine: QUARANTINE,
  };
}

const QUARANTINE: NonNullable<StoreExchange['quarantine']> = {
  list: async (store) => {
    const { root, current } = await generationsOf(directoryOf(store));
    return current === undefined ? [] : quarantinedIn(root);
  },
  remove: async (store, name) => removeGeneration((await liveOf(store)).root, name),
};

async function release(folder: string): Promise<void> {
  const beside = await notes.find(folder);
  if (beside === undefined || beside.adopted === true) return;
  const { directory, generation } = beside;
  // It went live: it is nobody's copy any more.
  if ((await generationsOf(directory)).current === generation) return;
  await removeTree(join(directory, generation));
}

/** What is out of use from now on is noted; a worker that dies in between leaves that to the next one. */
async function noted(
  store: DatastoreRef,
  token: EpochToken,
  clock: Pick<Clock, 'now'>,
  change: Promise<Exchanged>,
): Promise<Exchanged> {
  const exchanged = await change;
  await noteQuarantined((await liveOf(store)).root, exchanged.quarantined, token, clock.now());
  return exchanged;
}

function roomFor(directory: string, bytes: number): Promise<string | undefined> {
  return shortOf(directory, bytes, `what is live in ${directory}`);
}

/** Where a copy's files are: in a generation beside the live one, or in its own folder. */
export async function copyFilesIn(folder: string): Promise<string> {
  const beside = await notes.find(folder);
  return beside === undefined ? folder : join(beside.directory, beside.generation);
}

async function exchange(
  store: DatastoreRef,
  plan: ExchangePlan,
  token: EpochToken,
): Promise<Exchanged> {
  const { kind, from, to } = plan;
  if (kind !== 'generation' || !isGeneration(to)) {
    throw new Failure('BadInput', `exchanging ${store.datastore} by ${kind} to ${to}`);
  }
  const { point } = await claimLive(store, token);
  const { root, current } = await liveOf(store);
  if (current === to) return { live: to, quarantined: from };
  if (current !== from) throw changed(root, { expected: from, found: current });
  await generationThere(root, to);
  await forgetQuarantined(root, from);
  await point(fencedName(token, to));
  return { live: to, quarantined: from };
}

/** The empty generation is noted in the claim: asked again, it is the same one, whatever was written to it since. */
async function flush(store: DatastoreRef, token: EpochToken): Promise<Exchanged> {
  const { folder, point } = await claimLive(store, token);
  const live = await liveOf(store);
  const { current, root } = live;
  const note = join(folder, 'flushed');
  const noted = async (): Promise<[made: string, from: string] | undefined> => {
    const text = await readlink(note).catch(() => undefined);
    const [made, from] = text?.split(' ') ?? [];
    return made === undefined || from === undefined ? undefined : [made, from];
  };
  let known = await noted();
  if (known === undefined) {
    const made = await newGeneration(live);
    await symlink(`${made} ${current}`, note).catch(async (error: unknown) => {
      await rmdir(join(root, made));
      // Another try of the same change was first.
      if (textAt(error, 'code') !== 'EEXIST') throw error;
    });
    known = await noted();
  }
  if (known === undefined) {
    throw new Failure('Superseded', `flushing ${store.datastore}: a newer change came in between`);
  }
  const [made, from] = known;
  if (current !== made && current !== from) throw changed(root, { expected: from, found: current });
  if (current !== made) {
    await forgetQuarantined(root, from);
    await point(made);
  }
  return { live: made, quarantined: from };
}

async function positionOf(
  store: DatastoreRef,
  clock: Pick<Clock, 'now'>,
  { signal, beat }: Waiting,
): Promise<WritePosition> {
  const { folder } = await generationsOf(directoryOf(store));
  const hash = createHash('sha256');
  const at = clock.now();
  for await (const path of walkFiles(folder)) {
    signal.throwIfAborted();
    hash.update(`${JSON.stringify([path, await stampOf(join(folder, path))])}\n`);
    beat({ looked: path });
  }
  const { writers, unseen } = writersIn(await realpath(folder));
  return {
    position: `sha256:${hash.digest('hex')}`,
    writers: writers
      .slice(0, SHOWN)
      .map(({ pid, file }) => `process ${pid} (${programOf(pid)}) has ${file} open`),
    ...(unseen > 0 && { unseen: `${unseen} processes of others could not be looked at` }),
    at,
  };
}

async function takeGeneration(
  store: DatastoreRef,
  folder: string,
  generation: string,
): Promise<string> {
  const why = await unadoptable(store, generation);
  if (why !== undefined) throw new Failure('Refused', why);
  const { root: directory } = await liveOf(store);
  // One that an exchange kept is a person's from now on, and no janitor's.
  await forgetQuarantined(directory, generation);
  await notes.keep(folder, { directory, generation, adopted: true });
  const files = await filesIn(join(directory, generation));
  return `the generation ${generation} of ${directory}, with ${countOf(files.length, 'file')}`;
}

/** Why a generation that somebody else restored cannot go live. */
async function unadoptable(store: DatastoreRef, place: string): Promise<string | undefined> {
  const { current, root: directory } = await liveOf(store);
  const about = `adopting ${place} for ${store.datastore}`;
  if (!isGeneration(place)) {
    return `${about}: a place beside the live data is a generation such as gen-7 in ${directory}; name another folder by its path, with a / in it`;
  }
  if (place === current) return `${about}: it is live already`;
  const files = await filesIn(join(directory, place)).catch(() => undefined);
  if (files === undefined) return `${about}: there is no folder ${join(directory, place)}`;
  return files.length === 0 ? `${about}: ${join(directory, place)} holds no file` : undefined;
}

function changed(directory: string, seen: { expected: string; found: string }): Failure {
  const { expected, found } = seen;
  const message = `exchanging the generation of ${directory}: ${found} is live, and not ${expected}; look at it and begin anew`;
  return new Failure('WorldChanged', message, seen);
}

async function generationThere(directory: string, name: string): Promise<void> {
  const there = await realpath(join(directory, name)).catch(() => undefined);
  if (there !== undefined) return;
  throw new Failure('NotFound', `${join(directory, name)} is no folder; restore it beside again`);
}
