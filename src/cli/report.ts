// `fairlead report OPERATION` and `fairlead report verify FILE`.
import { writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import type { Report } from '../domain/report.ts';
import { withCommon, type CommonOptions } from './command-options.ts';
import { EXIT, ExitError } from './exit.ts';

interface ReportOptions extends CommonOptions {
  format?: string;
  out?: string;
  run?: string;
}

export function register(program: Command): void {
  const command = program
    .command('report <operation> [file]')
    .description('print what happened, who said so, and what it looked like; or verify evidence')
    .option('--format <format>', 'md or json', 'md')
    .option('--out <file>', 'write it to a file')
    .option('--run <runId>', 'another run than the newest');
  withCommon(command, [
    'report deploy/shop/api/v2',
    'report deploy/shop/api/v2 --format json --out report.json',
    'report verify .fairlead/evidence/deploy%2Fshop%2Fapi%2Fv2/RUN.jsonl',
  ]).action(async (operation: string, file: string | undefined, options: ReportOptions) => {
    if (operation === 'verify') {
      const { verifyEvidence } = await import('./verify-evidence.ts');
      await verifyEvidence(file, options);
    } else if (file === undefined) await report(operation, options);
    else throw new ExitError(EXIT.badInput, `report takes one operation; ${file} is one too many`);
  });
}

async function report(operation: string, options: ReportOptions): Promise<void> {
  const { withTemporal } = await import('./connect.ts');
  const { actorName } = await import('./identity.ts');
  const { operationName } = await import('./ids.ts');
  const format = options.json === true ? 'json' : (options.format ?? 'md');
  if (format !== 'md' && format !== 'json') {
    throw new ExitError(EXIT.badInput, `--format is "${format}", allowed: md or json`);
  }
  const name = operationName(operation);
  const found = await withTemporal(actorName(options.as), async (temporal) => {
    const { findOperation } = await import('./find-operation.ts');
    const run = await findOperation(temporal, name, options.run);
    const { askReport } = await import('./ask-report.ts');
    const { staleStatus } = await import('./ask-status.ts');
    return await askReport(temporal, { ...run, system: staleStatus(run.info).system });
  });
  await write(await render(found, format), options.out);
}

async function render(found: Report, format: 'md' | 'json'): Promise<string> {
  if (format === 'json') return `${JSON.stringify(found, null, 2)}\n`;
  const { reportToMarkdown } = await import('../reports/markdown.ts');
  return reportToMarkdown(found);
}

async function write(text: string, file: string | undefined): Promise<void> {
  const { progress, printText } = await import('./print.ts');
  if (file === undefined) {
    printText(text.trimEnd());
    return;
  }
  try {
    await writeFile(file, text);
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    throw new ExitError(EXIT.badInput, `writing the report to ${file}: ${said}`);
  }
  progress(`the report is in ${file}`);
}
