// `fairlead report OPERATION` and `fairlead report verify FILE`.
import type { Command } from 'commander';
import { OPERATION_ARGUMENT, withCommon, type CommonOptions } from './command-options.ts';
import { evidenceFile, EVIDENCE_FILE } from './evidence-file.ts';
import { EXIT, ExitError } from './exit.ts';

interface ReportOptions extends CommonOptions {
  format?: string;
  out?: string;
  open?: boolean;
  run?: string;
  key?: string;
}

export function register(program: Command): void {
  const command = program
    .command('report')
    .argument('<operation>', `${OPERATION_ARGUMENT}; or the word verify`)
    .argument('[file]', `after verify: ${EVIDENCE_FILE}`)
    .description('print what happened, who said so, and what it looked like; or verify a report')
    .option('--format <format>', 'md, html or json (default: as --out ends, else md)')
    .option('--out <file>', 'write it to a file')
    .option('--open', 'write the page and show it in a browser')
    .option('--run <runId>', 'another run than the newest')
    .option(
      '--key <key>',
      'after verify: the public key that has to have signed it, a file or sha256:…',
    );
  withCommon(command, [
    'report deploy/shop/api/v2',
    'report deploy/shop/api/v2 --open',
    'report deploy/shop/api/v2 --out report.html',
    'report deploy/shop/api/v2 --out report.json',
    'report verify report.json --key evidence.pub',
    'report verify .fairlead/evidence/deploy%2Fshop%2Fapi%2Fv2/RUN.jsonl',
  ]).action(async (operation: string, file: string | undefined, options: ReportOptions) => {
    if (operation === 'verify') {
      const { verifyFile } = await import('./verify-file.ts');
      await verifyFile(evidenceFile(file, process.env, process.cwd()), options);
    } else if (options.key !== undefined) {
      throw new ExitError(EXIT.badInput, '--key goes with report verify FILE');
    } else if (file === undefined) await report(operation, options);
    else throw new ExitError(EXIT.badInput, `report takes one operation; ${file} is one too many`);
  });
}

async function report(operation: string, options: ReportOptions): Promise<void> {
  const { withTemporal } = await import('./connect.ts');
  const { actorName } = await import('./identity.ts');
  const { operationName } = await import('./ids.ts');
  const { formatOf, openPage, pageFile, render, writeReport } = await import('./report-output.ts');
  const format = formatOf(options);
  const name = operationName(operation);
  const found = await withTemporal(actorName(options.as), async (temporal) => {
    const { findOperation } = await import('./find-operation.ts');
    const run = await findOperation(temporal, name, options.run);
    const { askReport } = await import('./ask-report.ts');
    const { staleStatus } = await import('./ask-status.ts');
    return await askReport(temporal, { ...run, system: staleStatus(run.info).system });
  });
  const text = await render(found, format);
  const file =
    options.out ??
    (options.open === true ? pageFile(found, process.env, process.cwd()) : undefined);
  if (file === undefined) {
    const { printText } = await import('./print.ts');
    printText(text.trimEnd());
    return;
  }
  await writeReport(text, file);
  if (options.open === true) await openPage(file);
}
