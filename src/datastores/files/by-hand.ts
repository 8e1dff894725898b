// What a person types for a folder of files with generations, or without: the same links and folders that the exchange makes.
import { dirname, resolve } from 'node:path';
import type { DatastoreRef } from '../../ports/backups.ts';
import { line, person, type ByHand, type DatastoreByHand } from '../../domain/by-hand/by-hand.ts';
import { shellWord } from '../../domain/text/command-text.ts';
import type { Rights } from '../../domain/backup/backup.ts';
import type { HandBackup } from '../store.ts';
import {
  convertedLink,
  CURRENT,
  directoryOf,
  fencedName,
  FIRST,
  generationsOf,
  nextGeneration,
} from './generations.ts';
import { whyNotConvertible } from './settings.ts';

interface Places {
  /** As the system file names it. */
  directory: string;
  /** Absolute folder of the generations. */
  root: string;
  /** Absolute folder of what is live now. */
  folder: string;
  /** A word of the shell: that folder, also after a plain one was converted. */
  live: string;
  /** What `current` leads to, or will once a plain folder is converted. */
  current: string;
  /** `never`: a plain folder that cannot be converted. */
  converts: 'done' | 'first' | 'never';
  /** Absolute folder to restore into, and its name. */
  into: string;
  next: string;
}

export async function filesByHand(
  store: DatastoreRef,
  backup: HandBackup | undefined,
): Promise<DatastoreByHand> {
  const places = await placesOf(store);
  const { directory, folder, converts, current } = places;
  return {
    look: {
      type: ['# nothing: what is there is only looked at'],
      see: [
        ...(converts === 'done' ? [links(places, current)] : []),
        `${line('df', '--output=avail,target', dirname(directory))}   # room for a second copy`,
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
    quiet: quiet(places.live),
    ...(converts !== 'never' && swaps(places)),
    ...(backup && restores(places, backup)),
  };
}

async function placesOf(store: DatastoreRef): Promise<Places> {
  const directory = directoryOf(store);
  const { root, folder, current } = await generationsOf(directory);
  const next = await nextGeneration(root);
  const into = resolve(root, next);
  const at = { directory, folder, next };
  if (current !== undefined) {
    return { ...at, root, live: shellWord(folder), current, converts: 'done', into };
  }
  if ((await whyNotConvertible(directory, store.directory)) !== undefined) {
    // What has no generations is all live: a copy goes beside it.
    const beside = { root: directory, live: shellWord(directory), into: `${directory}-by-hand` };
    return { ...at, ...beside, current: '.', converts: 'never' };
  }
  const moved = shellWord(resolve(root, FIRST));
  const live = `"$(if test -d ${moved}; then echo ${moved}; else echo ${shellWord(directory)}; fi)"`;
  return { ...at, root, live, current: FIRST, converts: 'first', into };
}

function swaps(places: Places): DatastoreByHand {
  const { root, next, current } = places;
  const empty = {
    type: [
      ...rootOf(places),
      line('mkdir', resolve(root, next)),
      ...like(places),
      ...pointing(places, next),
    ],
    see: [links(places, next)],
  };
  const [fenced, replaced] = [current, next].map((name) =>
    fencedName({ epoch: 0, sequence: 0 }, name),
  ) as [string, string];
  return {
    fence: {
      type: [...rootOf(places), ...pointing(places, fenced)],
      see: [links(places, fenced)],
    },
    exchange: { type: pointing(places, replaced), see: [links(places, replaced)] },
    open: { type: pointing(places, next), see: [links(places, next)] },
    flush: empty,
  };
}

function restores(places: Places, { objects, manifest }: HandBackup): DatastoreByHand {
  const { into, live, converts } = places;
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
        ...rootOf(places),
        line('mkdir', into),
        ...like(places),
        line('mkdir', '-p', ...folders),
        ...objects.map(({ path = '', read }) => `${read} > ${shellWord(resolve(into, path))}`),
        ...rightsAgain(into, objects, manifest.folders ?? {}),
      ],
      see: [`test "$(find ${shellWord(into)} -type f | wc -l)" -eq ${objects.length}`],
    },
    complete: sumsIn(into),
    live: sumsIn(converts === 'never' ? places.directory : into),
    correct: person('The sums above are of the bytes that were backed up.'),
    loss: {
      type: ['# nothing: both sides are only compared'],
      see: [
        `diff -rq ${live} ${shellWord(into)} || true   # "Only in" the first of them is what users lose`,
      ],
    },
    ...(converts === 'never' && {
      exchange: person(
        `${places.directory} has no generations: stop whoever reads it, move its files away, and those of ${into} to where they were`,
      ),
    }),
  };
}

/** A line for each mode and owner; what a backup of before they were kept holds is for its owner alone. */
function rightsAgain(
  into: string,
  objects: HandBackup['objects'],
  folders: Readonly<Record<string, Rights>>,
): string[] {
  const lines = new Map<string, string[]>();
  const files = objects.map(({ path = '', rights }) => [path, rights ?? { mode: 0o600 }] as const);
  for (const [path, { mode, owner, group }] of [...files, ...Object.entries(folders)]) {
    const names = owner === undefined ? [] : [`chown ${shellWord(`${owner}:${group ?? ''}`)}`];
    for (const command of [...names, `chmod ${mode.toString(8).padStart(3, '0')}`]) {
      lines.set(command, [...(lines.get(command) ?? []), shellWord(resolve(into, path))]);
    }
  }
  return [...lines].map(([command, paths]) => `${command} ${paths.join(' ')}`);
}

/** Owner and rights of a generation are those of the one before. */
function like({ into, live }: Places): string[] {
  return [
    `chmod --reference=${live} ${shellWord(into)}`,
    `chown --reference=${live} ${shellWord(into)} || true   # takes root where another user owns it`,
  ];
}

/** The folder of the generations of what is plain as yet. */
function rootOf({ converts, root }: Places): string[] {
  return converts === 'first' ? [line('mkdir', '-p', root)] : [];
}

/** In one rename: readers see the one or the other. What is plain becomes the first generation, and its name a link. */
function pointing({ directory, root, converts }: Places, to: string): string[] {
  const link = resolve(root, '.next-by-hand');
  const point = [line('ln', '-sfn', to, link), line('mv', '-T', link, resolve(root, CURRENT))];
  if (converts !== 'first') return point;
  const [plain, first] = [shellWord(directory), shellWord(resolve(root, FIRST))];
  return [
    ...point,
    `test -L ${plain} || mv -T ${plain} ${first}`,
    line('ln', '-sfn', convertedLink(directory), directory),
  ];
}

function links({ root }: Places, to: string): string {
  return `test "$(readlink ${shellWord(resolve(root, CURRENT))})" = ${shellWord(to)}`;
}

/** Two looks, two seconds apart. */
function quiet(folder: string): ByHand {
  const look = `ls -lRn --time-style=full-iso ${folder}`;
  return {
    type: ['# nothing: it is only looked at, twice'],
    see: [
      `diff <(${look}) <(sleep 2; ${look})`,
      `fuser -v -m ${folder} || true   # whoever has a file of it open`,
    ],
  };
}

/** As sha256sum writes it, which marks names that it had to escape. */
function sum(sha256: string, path: string): string {
  const escaped = path.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
  return `${escaped === path ? '' : '\\'}${sha256}  ${escaped}`;
}
