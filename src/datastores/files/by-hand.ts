// What a person types for a folder of files with generations, or without: the same links and folders that the exchange makes.
import { dirname, resolve } from 'node:path';
import type { DatastoreRef } from '../../ports/backups.ts';
import { line, person, type ByHand, type DatastoreByHand } from '../../domain/by-hand/by-hand.ts';
import { shellWord } from '../../domain/text/command-text.ts';
import type { HandBackup } from '../store.ts';
import { CURRENT, fencedName, generationsOf, nextGeneration } from './generations.ts';

interface Places {
  directory: string;
  /** Absolute folder of what is live. */
  live: string;
  /** The text of `current`; undefined for a folder without generations. */
  current: string | undefined;
  /** Absolute folder to restore into, and its name. */
  into: string;
  next: string;
}

export async function filesByHand(
  { directory: root, settings }: DatastoreRef,
  backup: HandBackup | undefined,
): Promise<DatastoreByHand> {
  const directory = resolve(root, settings.directory ?? '.');
  const { folder, current } = await generationsOf(directory);
  const next = await nextGeneration(directory);
  // What has no generations is all live: a copy goes beside it.
  const into = current === undefined ? `${directory}-by-hand` : resolve(directory, next);
  const places = { directory, live: folder, current, next, into };
  return {
    look: {
      type: ['# nothing: what is there is only looked at'],
      see: [
        ...(current === undefined ? [] : [links(places, current)]),
        `${line('df', '--output=avail,target', directory)}   # room for a second copy`,
      ],
    },
    backup: {
      type: [
        `${line('tar', '--create', '--directory', folder)} --file "$HOME/files-$(date -u +%Y%m%dT%H%M%SZ).tar" .`,
      ],
      see: [
        `tar --compare --directory ${shellWord(folder)} --file "$(ls -t "$HOME"/files-*.tar | head -1)"`,
      ],
    },
    quiet: quiet(folder),
    ...(current !== undefined && swaps(places, current)),
    ...(backup && restores(places, backup)),
  };
}

function swaps(places: Places, current: string): DatastoreByHand {
  const { directory, next } = places;
  const empty = {
    type: [line('mkdir', resolve(directory, next)), ...like(places), ...pointing(places, next)],
    see: [links(places, next)],
  };
  const fenced = fencedName({ epoch: 0, sequence: 0 }, current);
  return {
    fence: { type: pointing(places, fenced), see: [links(places, fenced)] },
    exchange: { type: pointing(places, next), see: [links(places, next)] },
    flush: empty,
  };
}

function restores(places: Places, { objects }: HandBackup): DatastoreByHand {
  const { into, live } = places;
  const folders = new Set(objects.map(({ path = '' }) => dirname(resolve(into, path))));
  const sumsIn = (folder: string): ByHand => ({
    type: ['# nothing: it is only looked at'],
    see: [
      `${line('cd', folder)} && sha256sum --check --quiet <<'SUMS'`,
      ...objects.map(({ path = '', plain }) => sum(plain.sha256, path)),
      'SUMS',
    ],
  });
  return {
    loads: {
      type: [
        line('mkdir', into),
        ...like(places),
        line('mkdir', '-p', ...folders),
        ...objects.map(({ path = '', read }) => `${read} > ${shellWord(resolve(into, path))}`),
      ],
      see: [`test "$(find ${shellWord(into)} -type f | wc -l)" -eq ${objects.length}`],
    },
    complete: sumsIn(into),
    live: sumsIn(places.current === undefined ? live : resolve(places.directory, CURRENT)),
    correct: person('The sums above are of the bytes that were backed up.'),
    loss: {
      type: ['# nothing: both sides are only compared'],
      see: [
        `diff -rq ${shellWord(live)} ${shellWord(into)} || true   # "Only in ${live}" is what users lose`,
      ],
    },
    ...(places.current === undefined && {
      exchange: person(
        `${places.directory} has no generations: stop whoever reads it, move its files away, and those of ${into} to where they were`,
      ),
    }),
  };
}

/** Owner and rights of a generation are those of the one before. */
function like({ into, live }: Places): string[] {
  return [
    line('chmod', `--reference=${live}`, into),
    `${line('chown', `--reference=${live}`, into)} || true   # takes root where another user owns it`,
  ];
}

/** In one rename: readers see the one or the other. */
function pointing({ directory }: Places, to: string): string[] {
  const link = resolve(directory, '.next-by-hand');
  return [line('ln', '-sfn', to, link), line('mv', '-T', link, resolve(directory, CURRENT))];
}

function links({ directory }: Places, to: string): string {
  return `test "$(readlink ${shellWord(resolve(directory, CURRENT))})" = ${shellWord(to)}`;
}

/** Two looks, two seconds apart. */
function quiet(folder: string): ByHand {
  const look = `ls -lRn --time-style=full-iso ${shellWord(folder)}`;
  return {
    type: ['# nothing: it is only looked at, twice'],
    see: [
      `diff <(${look}) <(sleep 2; ${look})`,
      `fuser -v -m ${shellWord(folder)} || true   # whoever has a file of it open`,
    ],
  };
}

/** As sha256sum writes it, which marks names that it had to escape. */
function sum(sha256: string, path: string): string {
  const escaped = path.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
  return `${escaped === path ? '' : '\\'}${sha256}  ${escaped}`;
}
