// Entries of a catalogue, for what is decided over them.
import assert from 'node:assert/strict';
import { backupId } from '../../../src/domain/backup/backup-id.ts';
import type { BackupMark, CompleteBackup, Contents } from '../../../src/domain/backup/backup.ts';

export const DAY = 86_400_000;
export const NOW = Date.parse('2026-11-22T00:00:00.000Z');

export const iso = (at: number): string => new Date(at).toISOString();

export function contents(change: Partial<Contents> = {}): Contents {
  return { parts: [], definitions: [], sequences: [], ...change };
}

export interface Sample {
  daysOld: number;
  bytes?: number;
  rows?: number;
  parts?: string[];
  marks?: BackupMark['kind'][];
}

export function completeBackup(sample: Sample): CompleteBackup {
  const { daysOld, bytes = 100_000, rows = 1000, parts = ['loans'], marks = [] } = sample;
  const at = NOW - daysOld * DAY;
  const id = backupId('shop', 'orders', at);
  const plain = { size: bytes, sha256: '0'.repeat(64) };
  return {
    id,
    state: 'complete',
    marks: marks.map((kind, index) => ({
      schema: 'fairlead/backup-mark/v1',
      kind,
      at: iso(at + 1000 * (index + 1)),
      by: 'ana',
      reason: 'a test',
    })),
    manifest: {
      schema: 'fairlead/backup/v1',
      ...{ id, system: 'shop', datastore: 'orders', kind: 'files', source: 'data' },
      artefact: 'streamed',
      ...{ systemDigest: 'd', attempt: 'a', startedAt: iso(at), endedAt: iso(at) },
      recoveryPoint: { notBefore: iso(at), notAfter: iso(at), clock: 'worker', skewMs: 0 },
      tools: {},
      encryption: null,
      compression: 'none',
      objects: [{ name: 'files/1', ...plain, plain }],
      contents: contents({
        parts: parts.map((name, index) => ({
          name,
          rows: index === 0 ? rows : 1,
          bytes: null,
          hash: 'h',
        })),
      }),
    },
  };
}

/** Insists that it is. */
export function assertComplete<T extends { state: string }>(
  entry: T,
): Extract<T, { state: 'complete' }> {
  assert.ok(isComplete(entry));
  return entry;
}

function isComplete<T extends { state: string }>(
  entry: T,
): entry is Extract<T, { state: 'complete' }> {
  return entry.state === 'complete';
}
