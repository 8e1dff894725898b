// The first rungs of the ladder for a dump that is in no catalogue. What takes a manifest is not climbed.
import type { RungResult } from '../../domain/backup/ladder.ts';
import type { Call } from '../call.ts';
import type { CopyPlacement, CopyRef } from '../../ports/backups.ts';
import type { NamedFile, NamedFilesPort } from '../../ports/named-files.ts';
import type { Clock } from '../../ports/clock.ts';

export interface NamedFilesPorts {
  namedFiles: NamedFilesPort;
  clock: Pick<Clock, 'now'>;
}

export function examineFile(
  input: NamedFile,
  call: Call,
  { namedFiles }: NamedFilesPorts,
): Promise<RungResult> {
  return namedFiles.examine(input, call);
}

export async function adoptPlace(
  { target, ...input }: { place: string; target: CopyRef; into?: CopyPlacement },
  call: Call,
  { namedFiles }: NamedFilesPorts,
): Promise<RungResult> {
  await call.token();
  const words = await namedFiles.adopt({ ...input, target: { ...target, owner: call.run } }, call);
  return { rung: 'loads', verdict: 'pass', reason: words };
}

export async function restoreFile(
  { file, target, into = 'scratch' }: { file: string; target: CopyRef; into?: CopyPlacement },
  call: Call,
  { namedFiles, clock }: NamedFilesPorts,
): Promise<RungResult> {
  await call.token();
  const began = clock.now();
  const { sha256 } = await namedFiles.restore(
    { file, target: { ...target, owner: call.run }, into },
    call,
  );
  const seconds = Math.round((clock.now() - began) / 100) / 10;
  const what = sha256 === null ? file : `${file} (SHA-256 ${sha256})`;
  const reason = `${what} went into a copy of kind ${target.store.settings.kind} without an error, in ${seconds} s`;
  return { rung: 'loads', verdict: 'pass', reason };
}
