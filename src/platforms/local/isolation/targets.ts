// Folders of isolated targets: `<root>/<target>/` with `target.json` (whose, since when, how far), the runner's socket
// and log, and those of relays. Everything of a target runs in its folder, so ending it is: kill all that does, and
// what lies in its namespaces; remove the folder. A target outlives the worker that opened it.
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { TargetState } from '../../../ports/isolation.ts';
import { Failure } from '../../../domain/failure.ts';
import { endAllIn } from '../../../machine/end-all-in.ts';
import { keepFile } from '../../../machine/keep-file.ts';
import { stateFolders } from '../../../machine/state-folders.ts';

const STATE = 'target.json';

const stateSchema = z.object({
  target: z.string(),
  owner: z.object({ workflowId: z.string(), runId: z.string() }),
  createdAt: z.number(),
  system: z.string(),
  /** What it was opened with, as text: asked again for the same it is the same target. */
  asked: z.string(),
  state: z.enum(['opening', 'open']),
  /** Where its processes are; absent in targets of earlier releases. */
  machine: z.exactOptional(z.string()),
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
  const { folder, stateOf, list } = stateFolders(root, {
    what: 'an isolated target',
    file: STATE,
    schema: stateSchema,
    damaged: ({ name, changedAt, problem }): TargetState => ({
      ...{ target: name, owner: { workflowId: '', runId: '' }, createdAt: changedAt, problem },
    }),
  });
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
      await keepFile(file, JSON.stringify(state), { mode: 0o644, draft: `${file}.new` });
    },
    remove: async (target, signal) => {
      await endAllIn(folder(target), signal);
      await rm(folder(target), { recursive: true, force: true, maxRetries: 3 });
    },
    list: async () =>
      (await list()).map((one) => {
        if (!('asked' in one)) return one;
        const { target, owner, createdAt } = one;
        return { target, owner, createdAt };
      }),
  };
}
