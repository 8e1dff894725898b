// `fairlead scale` and `fairlead restart`: the processes of a service.
import type { Command } from 'commander';
import {
  SERVICE_ARGUMENT,
  windowFields,
  withCommon,
  withWaiting,
  withWindows,
  type WaitOptions,
  type WindowOptions,
} from '../command-options.ts';

export function register(program: Command): void {
  const scale = program
    .command('scale')
    .argument('<target>', SERVICE_ARGUMENT)
    .argument('<replicas>', 'how many processes')
    .description('run this many replicas of SYSTEM/SERVICE')
    .option('--lasts <duration>', 'and as many as before after this time');
  withWaiting(
    withCommon(withWindows(scale), ['scale shop/api 4', 'scale shop/api 10 --lasts 2h']),
  ).action(
    async (
      text: string,
      replicas: string,
      options: WaitOptions & WindowOptions & { lasts?: string },
    ) => {
      const { serviceTarget } = await import('../ids.ts');
      const { durationFlag, numberFlag } = await import('../flags.ts');
      const { startOperation } = await import('../operation/start.ts');
      const { scaleService } = await import('../../runbooks/scale-service.ts');
      const count = numberFlag('the number of replicas', replicas);
      const { lasts } = options;
      const fields = {
        ...{ ...serviceTarget(text), replicas: count },
        ...(lasts !== undefined && { lasts: durationFlag('--lasts', lasts) }),
        ...(await windowFields(options)),
      };
      await startOperation(scaleService, fields, options);
    },
  );
  const restart = program
    .command('restart')
    .argument('<target>', SERVICE_ARGUMENT)
    .description('replace every replica of SYSTEM/SERVICE, one after the other');
  withWaiting(
    withCommon(withWindows(restart), ['restart shop/api --reason "new certificates"']),
  ).action(async (text: string, options: WaitOptions & WindowOptions) => {
    const { serviceTarget } = await import('../ids.ts');
    const { startOperation } = await import('../operation/start.ts');
    const { restartService } = await import('../../runbooks/restart-service.ts');
    const fields = { ...serviceTarget(text), ...(await windowFields(options)) };
    await startOperation(restartService, fields, options);
  });
}
