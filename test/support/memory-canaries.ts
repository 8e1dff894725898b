// The ports of canary records and of named files in memory. `birds` is what a test reaches into: what copies hold, what
// fails, which files there are.
import type { CanaryPort } from '../../src/activities/ports-canary.ts';
import type { NamedFilesPort } from '../../src/activities/ports-named-files.ts';
import type { CanaryRecord } from '../../src/domain/canary.ts';
import { Failure } from '../../src/domain/failure.ts';
import type { MemoryVault } from './memory-backups.ts';

export interface MemoryBirds {
  /** Records written, by `<system>/<datastore>`, oldest first. */
  written: Map<string, CanaryRecord[]>;
  /** What the next write into a store (its `<system>/<datastore>`) fails with. */
  failures: Map<string, Failure>;
  /** What every copy holds from now on. */
  inCopies: CanaryRecord | null;
  /** Named files that are there, by path: when each was written (ms). */
  files: Map<string, number>;
}

export const TIMELINE = '8f6f7d2a-3b1c-4c7e-9a55-0d9f6c1b2a34';

export function memoryCanaries(vault: MemoryVault): {
  canaries: CanaryPort;
  namedFiles: NamedFilesPort;
  birds: MemoryBirds;
} {
  const birds: MemoryBirds = {
    written: new Map(),
    failures: new Map(),
    inCopies: null,
    files: new Map(),
  };
  const there = (file: string): number => {
    const at = birds.files.get(file);
    if (at !== undefined) return at;
    throw new Failure('NotFound', `there is no ${file} on the worker's machine`);
  };
  const canaries: CanaryPort = {
    write: async ({ system, datastore }) => {
      const key = `${system}/${datastore}`;
      const failure = birds.failures.get(key);
      birds.failures.delete(key);
      if (failure !== undefined) throw failure;
      const before = birds.written.get(key) ?? [];
      const at = new Date().toISOString();
      const added = { timeline: TIMELINE, number: before.length + 1, at, skewMs: 0 };
      birds.written.set(key, [...before, added]);
      return added;
    },
    newest: async () => birds.inCopies,
  };
  const namedFiles: NamedFilesPort = {
    examine: async ({ file }) => {
      there(file);
      return { rung: 'artefact', verdict: 'pass', reason: `${file} was read to its end` };
    },
    restore: async ({ file, target }) => {
      there(file);
      const contents = { parts: [], indexes: [], constraints: [], sequences: [] };
      vault.copies.set(target.copy, {
        backup: `file:${file}`,
        contents,
        createdAt: 0,
        ...(target.owner && { owner: target.owner }),
      });
      vault.made.push(target.copy);
      const address = { kind: 'files', directory: `/copies/${target.copy}` } as const;
      return { address, sha256: '0'.repeat(64) };
    },
    writtenAt: async ({ file }) => there(file),
  };
  return { canaries, namedFiles, birds };
}
