// `fairlead stop` and `fairlead admit`: users out, users in.
import type { Command } from 'commander';
import { TARGET_ARGUMENT, withCommon, withWaiting, type WaitOptions } from '../command-options.ts';

interface AdmitOptions extends WaitOptions {
  percent?: string;
}

export function register(program: Command): void {
  const stop = program
    .command('stop')
    .argument('<target>', TARGET_ARGUMENT)
    .description('answer every user of SYSTEM or SYSTEM/SERVICE with 503, at once; asks nobody');
  withWaiting(
    withCommon(stop, ['stop shop', 'stop shop/api --reason "wrong prices are shown"']),
  ).action(async (text: string, options: WaitOptions) => {
    const { target } = await import('../ids.ts');
    const { startOperation } = await import('../operation/start.ts');
    const { stopTraffic } = await import('../../runbooks/stop-traffic.ts');
    await startOperation(stopTraffic, { ...target(text) }, options);
  });
  const admit = program
    .command('admit')
    .argument('<target>', TARGET_ARGUMENT)
    .description('let users in again after a stop, all or a share of them')
    .option(
      '--percent <share>',
      'share of the clients; a client is a cookie fairlead-client, else an address and user agent (default: 100)',
    );
  withWaiting(withCommon(admit, ['admit shop', 'admit shop/api --percent 10'])).action(
    async (text: string, options: AdmitOptions) => {
      const { target } = await import('../ids.ts');
      const { numberFlag } = await import('../flags.ts');
      const { startOperation } = await import('../operation/start.ts');
      const { admitTraffic } = await import('../../runbooks/admit-traffic.ts');
      const share = options.percent;
      const percent = share === undefined ? undefined : numberFlag('--percent', share);
      await startOperation(admitTraffic, { ...target(text), percent }, options);
    },
  );
}
