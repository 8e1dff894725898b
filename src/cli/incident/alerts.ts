// `fairlead alerts SYSTEM`: alert rules of Prometheus from what the system file promises. Needs neither Temporal nor a worker.
import type { Command } from 'commander';
import { milliseconds } from '../../domain/text/duration-text.ts';
import { describeValue } from '../../domain/text/describe-value.ts';
import { withLooking, type CommonOptions } from '../command-options.ts';
import { EXIT, ExitError } from '../exit.ts';

interface AlertsOptions extends CommonOptions {
  out?: string;
  over: string;
  deployLimit: string;
  backupAge?: string;
}

export function register(program: Command): void {
  const alerts = program
    .command('alerts')
    .argument('<system>', 'a system, for example shop')
    .description('print alert rules of Prometheus for what the file of SYSTEM promises')
    .option('--out <file>', 'write them there instead')
    .option('--over <duration>', 'the stretch over which requests are counted', '5m')
    .option('--deploy-limit <duration>', 'how much longer than its bakes a deploy may take', '10m')
    .option('--backup-age <duration>', 'how old a backup may be (default: the rpo of the file)')
    .option(
      '--systems <dir>',
      'the folder of system files to read (FAIRLEAD_SYSTEMS, default systems)',
    );
  withLooking(alerts, [
    'alerts shop > shop-alerts.yml',
    'alerts shop --backup-age 36h --out /etc/prometheus/rules/shop.yml',
  ]).action(printAlerts);
}

async function printAlerts(text: string, options: AlertsOptions): Promise<void> {
  const { alertRules } = await import('../../domain/analysis/alert-rules.ts');
  const { loadSystem } = await import('../../config/load.ts');
  const { systemName } = await import('../ids.ts');
  const { printJson } = await import('../output/print.ts');
  const { writeText } = await import('../output/write-text.ts');
  const system = systemName(text);
  const { backupAge } = options;
  const limits = {
    over: durationOf('--over', options.over),
    deploy: durationOf('--deploy-limit', options.deployLimit),
    ...(backupAge !== undefined && { backup: durationOf('--backup-age', backupAge) }),
  };
  const dir = options.systems ?? process.env['FAIRLEAD_SYSTEMS'] ?? 'systems';
  const { groups, left } = alertRules(await loadSystem(dir, system), limits);
  if (options.json === true) {
    printJson({ schema: 'fairlead/alerts/v1', groups, left });
    return;
  }
  const { stringify } = await import('yaml');
  const head = [`# Alert rules for ${system}, made from its system file.`];
  const notes = left.map((one) => `# No rule: ${one}.`);
  const rules = stringify({ groups }, { lineWidth: 0 });
  const written = `${[...head, ...notes].join('\n')}\n${rules}`;
  if (options.out === undefined) process.stdout.write(written);
  else await writeText(options.out, written, 'the alert rules');
}

function durationOf(option: string, written: string): number {
  const ms = milliseconds(written);
  if (ms !== undefined && ms > 0) return ms;
  const allowed = 'a duration such as 5m or 36h, longer than 0';
  throw new ExitError(EXIT.badInput, `${option} is ${describeValue(written)}, allowed: ${allowed}`);
}
