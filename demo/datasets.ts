// The data of the demonstration of a recovery: a clerk who adds payments to the live generation, and an import that
// damages it.
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { textAt } from '../src/domain/json.ts';

const WRITE_MS = 100;
/** What an application finds: whatever is live now. */
const LIVE = 'current';

export interface Clerk {
  /** When each payment was written; those that found no file are not among them. */
  written: readonly number[];
  /** When he found no file, and went on trying. */
  refused: readonly number[];
  /** Waits until so many more are written. */
  wrote(count: number): Promise<void>;
  stop(): Promise<void>;
}

export function startClerk(folder: string, signal: AbortSignal): Clerk {
  const [written, refused]: [number[], number[]] = [[], []];
  const stopping = new AbortController();
  const file = join(folder, LIVE, 'payments.csv');
  const work = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      const at = Date.now();
      try {
        appendFileSync(file, `clerk-${at},L0001,2026-01-01,10.00\n`, { flag: 'a' });
        written.push(at);
      } catch (error) {
        if (textAt(error, 'code') !== 'ENOENT') throw error;
        refused.push(at);
      }
      await sleep(WRITE_MS, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  };
  const working = work();
  return {
    written,
    refused,
    async wrote(count) {
      for (const from = written.length; written.length < from + count;) {
        await sleep(WRITE_MS, undefined, { signal });
      }
    },
    async stop() {
      stopping.abort();
      await working;
    },
  };
}

/** Half of the loans go, and the rest owes nothing. */
export function damage(folder: string): void {
  const file = join(folder, LIVE, 'loans.csv');
  const [header = '', ...rows] = lines(file);
  const balance = header.split(',').indexOf('balance');
  const kept = rows.slice(0, rows.length / 2).map((row) => {
    const fields = row.split(',');
    fields[balance] = '0';
    return fields.join(',');
  });
  writeFileSync(file, `${[header, ...kept].join('\n')}\n`);
}

/** What is live of the loans, as text. */
export function loansIn(folder: string): string {
  return readFileSync(join(folder, LIVE, 'loans.csv'), 'utf8');
}

/** The payments of the clerk that are live. */
export function clerksIn(folder: string): number[] {
  const rows = lines(join(folder, LIVE, 'payments.csv'));
  return rows.flatMap((row) => {
    const [, at] = /^clerk-(\d+),/.exec(row) ?? [];
    return at === undefined ? [] : [Number(at)];
  });
}

function lines(file: string): string[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '');
}
