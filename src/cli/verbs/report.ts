// `fairlead report OPERATION` and `fairlead report verify FILE`.
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { OPERATION_ARGUMENT, withLooking, type CommonOptions } from '../command-options.ts';
import { dataFolder } from '../data-folder.ts';
import { EXIT, ExitError } from '../exit.ts';
import { looksLikeOperation } from '../ids.ts';

const EVIDENCE_FILE =
  'a report in JSON (report OPERATION --out report.json), or an evidence file, DATA/objects/_evidence/OPERATION/RUN.jsonl in the data folder of the worker (.fairlead), or in FAIRLEAD_OBJECTS, each / of OPERATION written %2F';

interface ReportOptions extends CommonOptions {
  format?: string;
  out?: string;
  open?: boolean;
  run?: string;
}

interface VerifyOptions extends CommonOptions {
  key?: string;
}

export function register(program: Command): void {
  const command = program
    .command('report')
    .argument('<operation>', OPERATION_ARGUMENT)
    .description('print what happened, who said so, and what it looked like')
    .option('--format <format>', 'md, html or json (default: as --out ends, else md)')
    .option('--out <file>', 'write it to a file')
    .option('--open', 'write the page and show it in a browser')
    .option('--run <runId>', 'another run than the newest')
    // The flags of what stands below are its own.
    .enablePositionalOptions();
  withLooking(command, [
    'report deploy/shop/api/v2',
    'report deploy/shop/api/v2 --open',
    'report deploy/shop/api/v2 --out report.html',
    'report deploy/shop/api/v2 --out report.json',
  ]).action(report);
  const verify = command
    .command('verify')
    .argument('[file]', EVIDENCE_FILE)
    .description('say whether a report is what its entries come to, and who signed it; offline')
    .option('--key <key>', 'the public key that has to have signed it, a file or sha256:…');
  withLooking(verify, [
    'report verify report.json --key evidence.pub',
    'report verify .fairlead/objects/_evidence/deploy%2Fshop%2Fapi%2Fv2/RUN.jsonl',
  ]).action(async (file: string | undefined, options: VerifyOptions) => {
    const { verifyFile } = await import('../records/verify-file.ts');
    await verifyFile(evidenceFile(file, process.env, process.cwd()), options);
  });
}

async function report(operation: string, options: ReportOptions): Promise<void> {
  const { withTemporal } = await import('../temporal/connect.ts');
  const { actorName } = await import('../identity.ts');
  const { operationText } = await import('../ids.ts');
  const { formatOf, openPage, pageFile, render, writeReport } =
    await import('../records/report-output.ts');
  const format = formatOf(options);
  operationText(operation);
  const found = await withTemporal(actorName(options.as), async (temporal) => {
    const { findOperation } = await import('../operation/find-operation.ts');
    const run = await findOperation(temporal, operation, options.run);
    const { askReport } = await import('../operation/ask-report.ts');
    const { staleStatus } = await import('../operation/ask-status.ts');
    return await askReport(temporal, { ...run, system: staleStatus(run.info).system });
  });
  const text = await render(found, format);
  const file =
    options.out ??
    (options.open === true ? pageFile(found, process.env, process.cwd()) : undefined);
  if (file === undefined) {
    const { printAsItIs } = await import('../output/print.ts');
    printAsItIs(text.trimEnd());
    return;
  }
  await writeReport(text, file);
  if (options.open === true) await openPage(file);
}

/** The file that `report verify` was given; throws ExitError with what to name instead when there is none. */
function evidenceFile(file: string | undefined, env: NodeJS.ProcessEnv, folder: string): string {
  const takes = `it takes ${EVIDENCE_FILE}`;
  if (file === undefined) throw badInput(`report verify needs a file: ${takes}`);
  if (existsSync(file)) {
    if (!statSync(file).isDirectory()) return file;
    throw badInput(`${file} is a folder: name one of the files in it`);
  }
  if (!looksLikeOperation(file) || /\.jsonl$/.test(file)) {
    throw badInput(`there is no file ${file}; ${takes}`);
  }
  const data = dataFolder(env, folder);
  const objects = env['FAIRLEAD_OBJECTS'] ?? join(data, 'objects');
  const named = encodeURIComponent(file);
  // Earlier releases kept it in the data folder.
  const earlier = join(data, 'evidence', named);
  const lies = existsSync(earlier) ? earlier : join(objects, '_evidence', named);
  const there = existsSync(lies)
    ? 'Name one of the files'
    : 'The evidence of that operation would be';
  throw badInput(
    `report verify checks a file, and there is none called ${file}. ${there} in ${lies}`,
  );
}

function badInput(message: string): ExitError {
  return new ExitError(EXIT.badInput, message);
}
