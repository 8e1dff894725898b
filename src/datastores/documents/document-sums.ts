// What documents come to, whatever their order: how many, how many bytes, a sum over the SHA-256 of each one's bytes: its
// BSON, or its line of text.
import { hash } from 'node:crypto';
import type { Part } from '../../domain/backup/backup.ts';

const LANES = 8;

export interface DocumentSum {
  add: (document: Buffer) => void;
  part: (name: string) => Part;
}

export function documentSum(): DocumentSum {
  const lanes = new Uint32Array(LANES);
  let [rows, bytes] = [0, 0];
  return {
    add: (document) => {
      const digest = hash('sha256', document, 'buffer');
      for (let lane = 0; lane < LANES; lane += 1) {
        lanes[lane] = (lanes[lane] ?? 0) + digest.readUInt32LE(4 * lane);
      }
      rows += 1;
      bytes += document.length;
    },
    part: (name) => ({ name, rows, bytes, hash: `docsum:${sumText(lanes)}` }),
  };
}

function sumText(lanes: Uint32Array): string {
  return Buffer.from(lanes.buffer).toString('hex');
}
