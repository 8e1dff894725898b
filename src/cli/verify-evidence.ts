// `fairlead report verify FILE`: is an evidence file as it was written? An auditor needs no worker for that.
import { readFile } from 'node:fs/promises';
import { verifyChain } from '../domain/evidence-chain.ts';
import type { EvidenceEntry } from '../domain/evidence.ts';
import { readEvidenceLines } from '../domain/evidence-lines.ts';
import type { CommonOptions } from './command-options.ts';
import { EXIT, ExitError } from './exit.ts';
import { printJson, printText } from './print.ts';

export async function verifyEvidence(file: string, options: CommonOptions): Promise<void> {
  const result = judge(await contentOf(file));
  if (options.json === true) printJson({ file, valid: result.altered === null, ...result });
  if (result.altered !== null) throw new ExitError(EXIT.failed, `${file}: ${result.altered}`);
  if (options.json !== true) sayWhole(file, result);
  if (!result.closed) throw new ExitError(EXIT.inconclusive, '');
}

function sayWhole(file: string, result: ReturnType<typeof judge>): void {
  const end = result.closed
    ? ''
    : '; it is not closed: the operation still runs, or its last entries were taken away';
  printText(
    `${file}: ${result.entries} entries, none altered; head ${result.head ?? 'none'}${end}`,
  );
}

/** `unreadable` lines are what a crash leaves, when nothing is altered. */
function judge(content: string) {
  const { entries, gap, odd, unreadable } = readEvidenceLines(content);
  const last = entries.at(-1);
  const missing = gap === undefined ? undefined : `entry ${gap.seq} is missing (line ${gap.line})`;
  const changed = odd && `line ${odd.line} was altered or put there: ${odd.why}`;
  return {
    altered: missing ?? alteredIn(entries) ?? changed ?? null,
    entries: entries.length,
    unreadable,
    head: last?.hash ?? null,
    closed: last?.type === 'closed',
  };
}

function alteredIn(entries: readonly EvidenceEntry[]): string | undefined {
  return entries.length === 0 ? 'there is no evidence in it' : verifyChain(entries);
}

async function contentOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    throw new ExitError(EXIT.badInput, `reading ${file}: ${said}`);
  }
}
