// Folders of isolated targets: `<root>/<target>/` with `target.json` (whose, since when, how far), the runner's socket
// and log, and those of relays. Everything of a target runs in its folder, so ending it is: kill all that does, and
// what lies in its namespaces; remove the folder. A target outlives the worker that opened it.
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { TargetState } from '../../activities/ports-isolation.ts';
import { describeValue } from '../../domain/describe-value.ts';
import { Failure } from '../../domain/failure.ts';
import { textAt } from '../../domain/json.ts';
import { endAllIn } from '../../machine/end-all-in.ts';

const NAME = /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,199}$/;
const STATE = 'target.json';

const stateSchema = z.object({
  target: z.string(),
  owner: z.object({ workflowId: z.string(), runId: z.string() }),
  createdAt: z.number(),
  system: z.string(),
  /** What it was opened with, as text: asked again for the same it is the same target. */
  asked: z.string(),
  state: z.enum(['opening', 'open']),
});
export type StoredTarget = z.output<typeof stateSchema>;

export interface Targets {
  folder(target: string): string;
  /** Undefined when nothing of that name is there. Throws BadInput for what no target can be called. */
  stateOf(target: string): Promise<StoredTarget | undefined>;
  /** The folder of one that is open; throws NotFound, and NotReady while it is being opened. */
  openFolder(target: string): Promise<string>;
  save(state: StoredTarget): Promise<void>;
  remove(target: string, signal: AbortSignal): Promise<void>;
  list(): Promise<TargetState[]>;
}

export function createTargets(root: string): Targets {
  const folder = (target: string): string => join(root, checked(target));
  const stateOf = (target: string): Promise<StoredTarget | undefined> => readState(folder(target));
  return {
    folder,
    stateOf,
    openFolder: async (target) => {
      const there = await stateOf(target);
      if (there === undefined) {
        throw new Failure('NotFound', `there is no isolated target ${target}; open it first`);
      }
      if (there.state === 'open') return folder(target);
      throw new Failure('NotReady', `the isolated target ${target} is not open yet; open it again`);
    },
    save: async (state) => {
      const file = join(folder(state.target), STATE);
      await mkdir(folder(state.target), { recursive: true, mode: 0o700 });
      await writeFile(`${file}.new`, JSON.stringify(state));
      await rename(`${file}.new`, file);
    },
    remove: async (target, signal) => {
      await endAllIn(folder(target), signal);
      await rm(folder(target), { recursive: true, force: true, maxRetries: 3 });
    },
    list: async () => {
      const names = (await namesIn(root)).filter((name) => NAME.test(name));
      const states = await Promise.all(names.map((name) => readState(join(root, name))));
      return states
        .filter((state) => state !== undefined)
        .map(({ target, owner, createdAt }) => ({ target, owner, createdAt }));
    },
  };
}

async function readState(folder: string): Promise<StoredTarget | undefined> {
  const text = await readFile(join(folder, STATE), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    return stateSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined; // no JSON: not written by `save`
  }
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (textAt(error, 'code') === 'ENOENT') return [];
    throw new Failure('Unavailable', `listing ${folder}: ${String(error)}`);
  }
}

function checked(target: string): string {
  if (NAME.test(target)) return target;
  const message = `an isolated target cannot be called ${describeValue(target)}: 1 to 200 letters, digits and . _ -, no dot first`;
  throw new Failure('BadInput', message);
}
