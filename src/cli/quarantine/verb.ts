// `fairlead quarantine SYSTEM`: what exchanges kept of live data; `quarantine remove SYSTEM/DATASTORE NAME` removes one before
// its time is over.
import type { Command } from 'commander';
import { withCommon, withLooking, type CommonOptions } from '../command-options.ts';

interface RemoveOptions extends CommonOptions {
  yes?: boolean;
}

export function register(program: Command): void {
  const quarantine = program
    .command('quarantine')
    .argument('<system>', 'a system, for example shop')
    .description(
      'show what recoveries set apart: since when, by whom, how large, until when it is kept',
    )
    // The flags of what stands below are its own.
    .enablePositionalOptions();
  withLooking(quarantine, ['quarantine shop', 'quarantine shop --json']).action(show);
  const remove = quarantine
    .command('remove')
    .argument('<datastore>', 'SYSTEM/DATASTORE, for example shop/orders')
    .argument('<name>', 'as "fairlead quarantine" names it')
    .description('remove one of it for good, before its time is over; what is live or in use stays')
    .option('-y, --yes', 'ask nothing');
  withCommon(remove, ['quarantine remove shop/orders gen-1']).action(
    async (target: string, name: string, options: RemoveOptions) => {
      const { removeQuarantined } = await import('./remove.ts');
      await removeQuarantined(target, name, options);
    },
  );
}

async function show(text: string, options: CommonOptions): Promise<void> {
  const { systemName } = await import('../ids.ts');
  const { withTemporal } = await import('../temporal/connect.ts');
  const { actorName } = await import('../identity.ts');
  const { askBackups } = await import('../temporal/ask-backups.ts');
  const { printJson, printText } = await import('../output/print.ts');
  const { quarantineLines } = await import('./lines.ts');
  const system = systemName(text);
  await withTemporal(actorName(options.as), async (temporal) => {
    const { quarantined = [] } = await askBackups(temporal, system);
    if (options.json === true) {
      printJson({ schema: 'fairlead/quarantine/v1', system, quarantined });
    } else printText(quarantineLines(system, quarantined).join('\n'));
  });
}
