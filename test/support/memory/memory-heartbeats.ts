// The ports of canary records and of named files in memory. `beats` is what a test reaches into: what copies hold, what
// fails, which files there are.
import type { BindingsPort } from '../../../src/ports/bindings.ts';
import type { BindingRecord } from '../../../src/domain/recovery/binding.ts';
import type { HeartbeatPort } from '../../../src/ports/heartbeats.ts';
import type { NamedFilesPort } from '../../../src/ports/named-files.ts';
import type { HeartbeatRecord } from '../../../src/domain/backup/heartbeat.ts';
import { Failure } from '../../../src/domain/failure.ts';
import type { MemoryVault } from './memory-backups.ts';

export interface MemoryHeartbeats {
  /** Records written, by `<system>/<datastore>`, oldest first. */
  written: Map<string, HeartbeatRecord[]>;
  /** What the next write into a store (its `<system>/<datastore>`) fails with. */
  failures: Map<string, Failure>;
  /** What every copy holds from now on. */
  inCopies: HeartbeatRecord | null;
  /** Named files that are there, by path: when each was written (ms). */
  files: Map<string, number>;
  /** Where datastores are, by `<system>/<datastore>`. */
  bound: Map<string, BindingRecord>;
}

export const TIMELINE = '8f6f7d2a-3b1c-4c7e-9a55-0d9f6c1b2a34';

export function memoryHeartbeats(vault: MemoryVault): {
  bindings: BindingsPort;
  heartbeats: HeartbeatPort;
  namedFiles: NamedFilesPort;
  beats: MemoryHeartbeats;
} {
  const beats: MemoryHeartbeats = {
    written: new Map(),
    failures: new Map(),
    inCopies: null,
    files: new Map(),
    bound: new Map(),
  };
  const there = (file: string): number => {
    const at = beats.files.get(file);
    if (at !== undefined) return at;
    throw new Failure('NotFound', `there is no ${file} on the worker's machine`);
  };
  const heartbeats: HeartbeatPort = {
    write: async ({ system, datastore }) => {
      const key = `${system}/${datastore}`;
      const failure = beats.failures.get(key);
      beats.failures.delete(key);
      if (failure !== undefined) throw failure;
      const before = beats.written.get(key) ?? [];
      const at = new Date().toISOString();
      const added = { timeline: TIMELINE, number: before.length + 1, at, skewMs: 0 };
      beats.written.set(key, [...before, added]);
      return added;
    },
    newest: async () => beats.inCopies,
  };
  const namedFiles: NamedFilesPort = {
    examine: async ({ file }) => {
      there(file);
      return { rung: 'artefact', verdict: 'pass', reason: `${file} was read to its end` };
    },
    restore: async ({ file, target }) => {
      there(file);
      const contents = { parts: [], definitions: [], sequences: [] };
      vault.copies.set(target.copy, {
        backup: `file:${file}`,
        contents,
        createdAt: 0,
        ...(target.owner && { owner: target.owner }),
      });
      vault.made.push(target.copy);
      return { sha256: '0'.repeat(64) };
    },
    left: async () => undefined,
    unadoptable: async ({ what }) => (beats.files.has(what) ? undefined : `there is no ${what}`),
    adopt: async ({ place, target }) => {
      there(place);
      const contents = { parts: [], definitions: [], sequences: [] };
      vault.copies.set(target.copy, { backup: `place:${place}`, contents, createdAt: 0 });
      vault.made.push(target.copy);
      return `${place} as it is`;
    },
    writtenAt: async ({ file }) => there(file),
  };
  const bindings: BindingsPort = {
    read: async ({ system, datastore }) => beats.bound.get(`${system}/${datastore}`),
    put: async (record) => {
      beats.bound.set(`${record.system}/${record.datastore}`, record);
    },
  };
  return { bindings, heartbeats, namedFiles, beats };
}
