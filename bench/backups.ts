// (k) A backup and a restore of 1 GB of each kind beside the bare tools, and the memory of a backup of 100 MB and of 2 GB.
// Fairlead reads the contents once more than the tools do, to hash them, and checks each object while it restores.
// FAIRLEAD_BENCH_MEGABYTES takes another size.
import { mkdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { execa } from 'execa';
import { backupId } from '../src/domain/backup/backup-id.ts';
import { passableFolder } from '../test/support/datastores/datastores.ts';
import { answerSchema, type Asked } from './backup-message.ts';
import { filesSource, postgresSource, redisSource, type Source } from './backup-sources.ts';
import { mongoSource } from './mongodb-source.ts';
import { figure, MissingPart, type Measured, type Stage } from './figure.ts';
import { median, rounded } from './statistics.ts';

const MEGABYTES = Number(process.env['FAIRLEAD_BENCH_MEGABYTES'] ?? 1000);
/** FerretDB, which stands for a MongoDB, is slow with more. */
const MONGODB_MEGABYTES = Math.min(MEGABYTES, 100);
const SMALL = MEGABYTES / 10;
const LARGE = MEGABYTES * 2;
/** A tenth slower than the tool alone: 0.9 of its speed. */
const AIM = { atMost: 1.11, of: 'median' } as const;

const SOURCES = [
  { open: filesSource, megabytes: MEGABYTES },
  { open: postgresSource, megabytes: MEGABYTES },
  { open: redisSource, megabytes: MEGABYTES },
  { open: mongoSource, megabytes: MONGODB_MEGABYTES },
];

interface Values {
  backup: number[];
  bareBackup: number[];
  restore: number[];
  bareRestore: number[];
  peak: number[];
}

export async function backups(stage: Stage): Promise<Measured[]> {
  const figures: Measured[] = [];
  for (const { open, megabytes } of SOURCES) {
    const source = await open(megabytes).catch((error: unknown) => {
      if (!(error instanceof MissingPart)) throw error;
      stage.say(`  left out: ${error.message}`);
      return undefined;
    });
    if (source === undefined) continue;
    try {
      figures.push(...figuresOf(source.name, megabytes, await compared(source, stage)));
    } finally {
      await source.stop();
    }
  }
  return [...figures, await memory(stage)];
}

async function compared(source: Source, stage: Stage): Promise<Values> {
  const values: Values = { backup: [], bareBackup: [], restore: [], bareRestore: [], peak: [] };
  for (let round = 0; round < stage.rounds(3); round += 1) {
    await inFolder(async (root) => {
      const bare = join(root, 'bare');
      await mkdir(bare, { mode: 0o777 });
      values.bareBackup.push(await timed(() => source.bareBackup(bare)));
      values.bareRestore.push(await timed(() => source.bareRestore(bare)));
      await rm(bare, { recursive: true, force: true });
      const taken = await inChild(source, 'backup', root);
      const loaded = await inChild(source, 'restore', root);
      values.backup.push(taken.ms);
      values.restore.push(loaded.ms);
      values.peak.push(taken.peak, loaded.peak);
    });
    stage.say(`  ${source.name}: ${describe(values)}`);
  }
  return values;
}

function figuresOf(name: string, megabytes: number, values: Values): Measured[] {
  const ratios = (ours: readonly number[], theirs: readonly number[]): number[] =>
    ours.map((ms, index) => ms / (theirs[index] ?? NaN));
  const size = `${megabytes} MB`;
  const notes = [`${size}; ${describe(values)}`];
  return [
    figure(
      `backup of ${size}, ${name} ÷ bare tool`,
      'ratio',
      ratios(values.backup, values.bareBackup),
      { target: AIM, notes },
    ),
    figure(
      `restore of ${size}, ${name} ÷ bare tool`,
      'ratio',
      ratios(values.restore, values.bareRestore),
      { target: AIM },
    ),
  ];
}

/** Flat when what a backup needs does not grow with what is backed up. */
async function memory(stage: Stage): Promise<Measured> {
  const peaks: number[] = [];
  for (const megabytes of [SMALL, LARGE]) {
    const source = await filesSource(megabytes);
    try {
      const { peak } = await inFolder((root) => inChild(source, 'backup', root));
      stage.say(`  ${megabytes} MB: ${rounded(peak / 1e6)} MB of memory at most`);
      peaks.push(peak);
    } finally {
      await source.stop();
    }
  }
  const [small = NaN, large = NaN] = peaks;
  return figure(
    `memory of a backup, ${LARGE} MB ÷ ${SMALL} MB of files`,
    'ratio',
    [large / small],
    {
      target: { atMost: 1.25, of: 'max' },
      notes: [
        `${rounded(small / 1e6)} and ${rounded(large / 1e6)} MB at most, Node itself included`,
      ],
    },
  );
}

async function inChild(
  { settings, directory, programs, env }: Source,
  verb: Asked['verb'],
  root: string,
): Promise<{ ms: number; peak: number }> {
  const id = backupId('shop', 'data', Date.UTC(2026, 0, 2));
  const places = { objects: join(root, 'objects'), copies: join(root, 'copies') };
  const asked: Asked = { verb, id, ...places, directory, settings, programs };
  const { stdout } = await execa(
    process.execPath,
    ['--import', import.meta.resolve('tsx'), resolve(import.meta.dirname, 'backup-child.ts')],
    { input: JSON.stringify(asked), env, stderr: 'inherit' },
  );
  return answerSchema.parse(JSON.parse(stdout));
}

async function inFolder<T>(work: (root: string) => Promise<T>): Promise<T> {
  const root = await passableFolder('fairlead-bench-backups-');
  try {
    await mkdir(join(root, 'copies'), { mode: 0o711 });
    return await work(root);
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

async function timed(work: () => Promise<void>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

function describe(values: Values): string {
  const seconds = (ms: readonly number[]): string => `${rounded(median(ms) / 1000)} s`;
  const peak = `${Math.round(Math.max(...values.peak) / 1e6)} MB of memory at most`;
  return `backup ${seconds(values.backup)} (bare ${seconds(values.bareBackup)}), restore ${seconds(values.restore)} (bare ${seconds(values.bareRestore)}), ${peak}`;
}
