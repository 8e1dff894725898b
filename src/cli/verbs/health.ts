// `fairlead health SYSTEM`: is every service that users can reach well? Exit 0 well, 3 not, 8 stopped, 7 when
// there is nothing to judge.
import type { Command } from 'commander';
import type { SystemStatus } from '../../domain/operation/status.ts';
import { withLooking, type CommonOptions } from '../command-options.ts';
import type { Temporal } from '../temporal/connect.ts';
import { EXIT, ExitError } from '../exit.ts';

interface HealthOptions extends CommonOptions {
  detailed?: boolean;
  watch?: string;
}

export function register(program: Command): void {
  const command = program
    .command('health')
    .argument('<system>', 'the name of its folder')
    .description('say whether every service of SYSTEM is well')
    .option(
      '--detailed',
      'every revision, also those without traffic; whether the system is recoverable; what is on its schedule',
    )
    .option('--watch <seconds>', 'again and again, until Ctrl-C');
  withLooking(command, ['health shop', 'health shop --detailed', 'health shop --watch 5']).action(
    async (system: string, options: HealthOptions) => {
      await health(system, options);
    },
  );
}

async function health(text: string, options: HealthOptions): Promise<void> {
  const { withTemporal } = await import('../temporal/connect.ts');
  const { actorName } = await import('../identity.ts');
  const { systemName } = await import('../ids.ts');
  const { numberFlag } = await import('../flags.ts');
  const system = systemName(text);
  const seconds = options.watch === undefined ? undefined : numberFlag('--watch', options.watch);
  if (seconds !== undefined && (seconds < 1 || seconds > 86_400)) {
    throw new ExitError(EXIT.badInput, `--watch is ${seconds}, allowed: 1 to 86400 seconds`);
  }
  const { untilStopped } = await import('../output/until-stopped.ts');
  const code = await withTemporal(actorName(options.as), async (temporal) => {
    if (seconds === undefined) return look(temporal, system, options);
    return untilStopped(async (pause) => {
      for (;;) {
        await look(temporal, system, options);
        await pause(seconds * 1000);
      }
    });
  });
  if (code !== EXIT.done) throw new ExitError(code, '');
}

async function look(temporal: Temporal, system: string, options: HealthOptions): Promise<number> {
  const { askSystem, healthCode, healthOf, noteLines, serviceLines, watchedLines } =
    await import('../output/system-status.ts');
  const { printJson, printText } = await import('../output/print.ts');
  const { leftOverLines, readLeftOver } = await import('../operation/left-over.ts');
  const { readRows, ROWS_OF_SYSTEM } = await import('../operation/rows.ts');
  const [status, rows] = await Promise.all([
    askSystem(temporal, system),
    readRows(temporal, { system, most: ROWS_OF_SYSTEM }),
  ]);
  const leftOver = await readLeftOver(temporal, rows, system);
  const left = leftOverLines(leftOver, status, Date.now());
  const services = Object.entries(status.services);
  const healths = services.map(([name, service]) => healthOf(status, name, service));
  const code = healthCode(healths);
  if (options.json === true) {
    const details = options.detailed === true ? await detailsOf(temporal, status) : {};
    const watched = status.operations.filter(({ watch }) => watch !== undefined);
    const { instead } = status;
    const noted = {
      ...details,
      ...(instead !== undefined && { instead }),
      ...(leftOver.length > 0 && { leftOver }),
    };
    printJson({ system, healthy: code === EXIT.done, services: healths, watched, ...noted });
  } else if (options.detailed === true) {
    const { askRecovery, recoveryLines } = await import('../output/recovery.ts');
    const { askScheduled, scheduledLines } = await import('../output/scheduled.ts');
    const lines = services.flatMap(([name, service]) => serviceLines(status, name, service));
    lines.push(...noteLines(status), ...watchedLines(status), ...left);
    lines.push(...recoveryLines(await askRecovery(temporal, system)));
    printText([...lines, ...scheduledLines(await askScheduled(temporal, system))].join('\n'));
  } else {
    const lines = healths.map((one) => `${system}/${one.service} ${one.condition}: ${one.detail}`);
    printText([...lines, ...noteLines(status), ...watchedLines(status), ...left].join('\n'));
  }
  return code;
}

/** A system that holds no data has no `recovery`, one with nothing on its schedule no `scheduled`. */
async function detailsOf(temporal: Temporal, status: SystemStatus): Promise<object> {
  const { askRecovery } = await import('../output/recovery.ts');
  const { askScheduled } = await import('../output/scheduled.ts');
  const recovery = await askRecovery(temporal, status.system);
  const scheduled = await askScheduled(temporal, status.system);
  const hasSome = !Array.isArray(scheduled) || scheduled.length > 0;
  return { status, ...(recovery !== null && { recovery }), ...(hasSome && { scheduled }) };
}
