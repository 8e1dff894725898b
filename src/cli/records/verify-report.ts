// `fairlead report verify FILE` of a JSON report: is it what its entries come to, and who signed them? Needs the file
// and, to know whose key it is, a public key; no worker and no network.
import { repeatedKeyIn } from '../../config/reading/json-text.ts';
import { checkReport, type ReportCheck } from '../../domain/record/check-report.ts';
import { voteWords } from '../../domain/record/check-votes.ts';
import { textAt } from '../../domain/json.ts';
import { SIGNATURES } from '../../integrations/signing.ts';
import { EXIT, ExitError } from '../exit.ts';
import { printJson, printText } from '../output/print.ts';
import { judgeKey, keyWords, type Trusted } from './trusted-key.ts';

export interface ReportFile {
  file: string;
  text: string;
  report: Record<string, unknown>;
}

const SCHEMA = 'fairlead/report/v1';

export function verifyReport(asked: ReportFile, key: Trusted, json: boolean): void {
  const { file, report } = asked;
  const check = checked(asked);
  const judged = judgeKey(check.signed, key);
  const altered = check.altered ?? judged.altered;
  const unsure = altered === null ? unsureOf(check) : [];
  if (json) {
    const { unknown, entries, head, closed, votes } = check;
    const shown = { unknown, entries, head, closed, votes, signed: check.signed !== null };
    const valid = altered === null && unsure.length === 0;
    printJson({ file, valid, altered, unsure, ...shown, key: judged.key });
  }
  if (altered !== null) throw new ExitError(EXIT.failed, `${file}: ${altered}`);
  if (!json) say(file, report, check, judged.words);
  if (unsure.length > 0) throw new ExitError(EXIT.inconclusive, `${file}: ${unsure.join('; ')}`);
}

function checked({ file, text, report }: ReportFile): ReportCheck {
  const schema = textAt(report, 'schema') ?? '';
  if (/^fairlead\/report\/v\d+$/.test(schema) && schema !== SCHEMA) {
    const takes = `this version verifies ${SCHEMA}`;
    throw new ExitError(EXIT.badInput, `${file} is a ${schema}, made by a later version; ${takes}`);
  }
  const check = checkReport(report, SIGNATURES);
  if (check === undefined) throw new ExitError(EXIT.inconclusive, `${file}: ${TOO_OLD}`);
  const twice = repeatedKeyIn(text);
  return twice === undefined ? check : { ...check, altered: repeated(twice.key) };
}

const TOO_OLD =
  'a report of an earlier release, which has no entries: nothing can be made anew from it. Have the report of the run printed again, or verify its evidence file';

function repeated(key: string): string {
  return `the key ${JSON.stringify(key)} stands twice in one object: readers differ on which of them counts`;
}

function say(
  file: string,
  report: Record<string, unknown>,
  { entries, head, signed, votes }: ReportCheck,
  words: string,
): void {
  const run = `${textAt(report, 'operation') ?? ''} (run ${textAt(report, 'runId') ?? ''})`;
  printText(`${file}: ${run}, ${entries} entries, none altered; head ${head ?? 'none'}`);
  printText('every field that is known here is what the entries come to');
  if (signed !== null) printText(keyWords(words));
  for (const vote of votes) printText(voteWords(vote));
}

function unsureOf({ signed, closed, unknown }: ReportCheck): string[] {
  const end = closed
    ? 'it was never signed'
    : 'it is not closed: the operation still ran, or its last entries were taken away';
  const unsigned =
    signed === null ? [`it is not signed, and could be made up as a whole: ${end}`] : [];
  const added =
    unknown.length === 0
      ? []
      : [`this version does not know ${unknown.join(', ')}: verify it with the one that made it`];
  return [...unsigned, ...added];
}
