// What can happen to the object of a backup, and what has to be said of it.
import assert from 'node:assert/strict';
import type { MemoryObjects } from '../memory/memory-objects.ts';

export const DAMAGES: [string, (objects: MemoryObjects, key: string) => void, RegExp][] = [
  [
    'cut',
    (objects, key) => {
      replace(objects, key, (all) => all.subarray(0, -9));
    },
    /bytes, and the/,
  ],
  [
    'of 0 bytes',
    (objects, key) => {
      replace(objects, key, () => Buffer.alloc(0));
    },
    /0 bytes|is empty/,
  ],
  [
    'altered',
    (objects, key) => {
      replace(objects, key, flipped);
    },
    /SHA-256/,
  ],
  ['missing', (objects, key) => void objects.stored.delete(key), /there is no/],
];

function replace(objects: MemoryObjects, key: string, by: (all: Buffer) => Buffer): void {
  const one = objects.stored.get(key) ?? assert.fail(`no ${key}`);
  objects.stored.set(key, { ...one, bytes: by(Buffer.from(one.bytes)) });
}

function flipped(all: Buffer): Buffer {
  const at = Math.floor(all.length / 2);
  all.writeUInt8(all.readUInt8(at) ^ 0xff, at);
  return all;
}

export function rewriteManifest(objects: MemoryObjects, manifest: unknown): void {
  const [key = '', stored] =
    [...objects.stored].find(([one]) => one.endsWith('manifest.json')) ?? [];
  assert.ok(stored);
  objects.stored.set(key, { ...stored, bytes: Buffer.from(JSON.stringify(manifest)) });
}
