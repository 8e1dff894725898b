// `fairlead report verify FILE` of an evidence file: is it as it was written? Its signature lies beside it.
import { readFile } from 'node:fs/promises';
import { checkVotes, voteWords, type CheckedVotes } from '../../domain/record/check-votes.ts';
import { verifyChain } from '../../domain/record/evidence-chain.ts';
import type { EvidenceEntry } from '../../domain/record/evidence.ts';
import { readEvidenceLines } from '../../domain/record/evidence-lines.ts';
import { parsedJson, textAt } from '../../domain/json.ts';
import type { SignedHead } from '../../domain/record/evidence-chain.ts';
import { isSignedBy, isVoteSignedBy, signatureFileOf } from '../../integrations/signing.ts';
import { EXIT, ExitError } from '../exit.ts';
import { printJson, printText } from '../output/print.ts';
import { judgeKey, keyWords, type Trusted } from './trusted-key.ts';

interface EvidenceFile {
  file: string;
  text: string;
}

/** Without a signature beside the file only its chain is checked, which is inconclusive when a `key` is asked for. */
export async function verifyEvidence(
  asked: EvidenceFile,
  key: Trusted,
  json: boolean,
): Promise<void> {
  const { file } = asked;
  const { words, ...result } = await judged(asked, key);
  const { altered, signed, closed } = result;
  if (json) printJson({ file, valid: altered === null, ...result });
  if (altered !== null) throw new ExitError(EXIT.failed, `${file}: ${altered}`);
  if (!json) sayWhole(file, result, words);
  const unsure = !signed && key !== undefined ? unsigned(file) : undefined;
  if (unsure !== undefined || !closed) throw new ExitError(EXIT.inconclusive, unsure ?? '');
}

async function judged({ file, text }: EvidenceFile, trusted: Trusted) {
  const result = judge(text);
  const beside = await signatureBeside(file);
  const { altered, key, words } = judgeKey(beside ?? null, trusted);
  return {
    ...result,
    altered: result.altered ?? misfitOf(beside, result.head) ?? altered,
    signed: beside !== undefined,
    key,
    words,
  };
}

function unsigned(file: string): string {
  return `${file}: there is no signature beside it (${signatureFileOf(file)})`;
}

function sayWhole(
  file: string,
  result: { entries: number; head: string | null; closed: boolean; signed: boolean } & CheckedVotes,
  words: string,
): void {
  const end = result.closed
    ? ''
    : '; it is not closed: the operation still runs, or its last entries were taken away';
  printText(
    `${file}: ${result.entries} entries, none altered; head ${result.head ?? 'none'}${end}`,
  );
  for (const vote of result.votes) printText(voteWords(vote));
  printText(
    result.signed
      ? keyWords(words)
      : `not signed: whoever can write the file can make it up as a whole (a signature would be in ${signatureFileOf(file)})`,
  );
}

/** What the chain of entries says. `unreadable` counts lines that are no entry: a crash leaves some where nothing is altered. */
function judge(content: string) {
  const { entries, gap, odd, unreadable } = readEvidenceLines(content);
  const last = entries.at(-1);
  const missing = gap === undefined ? undefined : `entry ${gap.seq} is missing (line ${gap.line})`;
  const votes = checkVotes(entries, isVoteSignedBy);
  const changed = odd && `line ${odd.line} was altered or put there: ${odd.why}`;
  return {
    altered: missing ?? alteredIn(entries) ?? changed ?? votes.problem ?? null,
    votes: votes.votes,
    entries: entries.length,
    unreadable,
    head: last?.hash ?? null,
    closed: last?.type === 'closed',
  };
}

function alteredIn(entries: readonly EvidenceEntry[]): string | undefined {
  return entries.length === 0 ? 'there is no evidence in it' : verifyChain(entries);
}

function misfitOf(signed: SignedHead | undefined, head: string | null): string | null {
  if (signed === undefined) return null;
  if (signed.head !== head) return 'its signature is one of other entries';
  return isSignedBy(signed) ? null : 'its signature fits neither its entries nor its key';
}

async function signatureBeside(file: string): Promise<SignedHead | undefined> {
  const value = parsedJson(await readFile(signatureFileOf(file), 'utf8').catch(() => ''));
  const [head, signature, publicKey] = ['head', 'signature', 'publicKey'].map((field) =>
    textAt(value, field),
  );
  if (head === undefined || signature === undefined || publicKey === undefined) return undefined;
  return { head, signature, publicKey };
}
