// What `fairlead evidence verify` does: looks over a store, says what it found, and prints the head of the index, to be kept
// where nobody who can write to the store can change it.
import { statSync } from 'node:fs';
import { createObjectsFolder } from '../../integrations/objects-folder.ts';
import { verifyStore, type StoreCheck } from '../../integrations/records/verify-store.ts';
import { countOf, numberOf } from '../../domain/text/amounts.ts';
import { EXIT, ExitError } from '../exit.ts';
import { printJson, printText } from '../output/print.ts';
import { trustedKey } from './trusted-key.ts';

interface VerifyAllOptions {
  json?: boolean;
  key?: string[];
  head?: string;
}

/** Exit code 0: all is as it was written, 3: something is not, 7: something cannot be told, 2: no such store. */
export async function verifyAll(folder: string, options: VerifyAllOptions): Promise<void> {
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) {
    throw new ExitError(EXIT.badInput, `there is no object store ${folder}; name it by --objects`);
  }
  const trusted = (options.key ?? []).flatMap((one) => trustedKey(one) ?? []);
  const anchor = options.head === undefined ? {} : { anchor: anchorIn(options.head) };
  const found = await verifyStore(createObjectsFolder(folder), { trusted, ...anchor });
  const { problems, unsure } = found;
  if (options.json === true) {
    printJson({ schema: 'fairlead/evidence/v1', ok: problems.length === 0, ...found });
  } else say(folder, found, trusted.length > 0);
  if (problems.length > 0) {
    throw new ExitError(
      EXIT.failed,
      `${folder}: ${countOf(problems.length, 'thing')} not as written`,
    );
  }
  if (unsure.length > 0) throw new ExitError(EXIT.inconclusive, '');
}

function say(folder: string, found: StoreCheck, isTrusted: boolean): void {
  const { problems, unsure, runs, manifests, keys, head } = found;
  for (const one of problems) printText(`not as written: ${one}`);
  for (const one of unsure) printText(`cannot be told: ${one}`);
  printText(
    `${folder}: ${countOf(runs, 'record')}, ${numberOf(manifests)} manifests and marks looked at`,
  );
  const vouched = isTrusted
    ? ''
    : '; nobody vouched for it: name the keys that you know with --key';
  for (const key of keys) printText(`signed by ${key}${vouched}`);
  printText(
    head === null
      ? 'there is no index of runs'
      : `head of the index: ${head.number}:${head.hash} (keep it elsewhere, and name it with --head the next time)`,
  );
}

function anchorIn(text: string): { number: number; hash: string } {
  const [, number, hash] = /^([1-9]\d*):([0-9a-f]{64})$/.exec(text) ?? [];
  if (number !== undefined && hash !== undefined) return { number: Number(number), hash };
  throw new ExitError(
    EXIT.badInput,
    `--head ${text} is no head; allowed: NUMBER:HASH, as evidence verify prints it`,
  );
}
