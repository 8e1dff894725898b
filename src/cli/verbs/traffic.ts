// `fairlead stop` and `fairlead admit`: users out, users in.
import type { Command } from 'commander';
import { TARGET_ARGUMENT, withCommon, withWaiting, type WaitOptions } from '../command-options.ts';

interface AdmitOptions extends WaitOptions {
  percent?: string;
}

interface StopOptions extends WaitOptions {
  withoutTemporal?: boolean;
}

export function register(program: Command): void {
  const stop = program
    .command('stop')
    .argument('<target>', TARGET_ARGUMENT)
    .description('answer every user of SYSTEM or SYSTEM/SERVICE with 503, at once; asks nobody');
  stop.option(
    '--without-temporal',
    'tell the platform itself, from here: for the hour in which Temporal or its workers do not answer',
  );
  withWaiting(
    withCommon(stop, [
      'stop shop',
      'stop shop/api --reason "wrong prices are shown"',
      'stop shop --without-temporal',
    ]),
  ).action(async (text: string, options: StopOptions) => {
    const { target } = await import('../ids.ts');
    if (options.withoutTemporal === true) {
      const { stopDirectly } = await import('../operation/stop-directly.ts');
      return stopDirectly(target(text), options);
    }
    const { startOperation } = await import('../operation/start.ts');
    const { stopTraffic } = await import('../../runbooks/stop-traffic.ts');
    try {
      await startOperation(stopTraffic, { ...target(text) }, options);
    } catch (error) {
      throw await withWayOut(error, text);
    }
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

/** Where Temporal did not answer: how users are kept out all the same. */
async function withWayOut(error: unknown, target: string): Promise<unknown> {
  const { EXIT, ExitError } = await import('../exit.ts');
  const { commandText } = await import('../../domain/text/command-text.ts');
  if (!(error instanceof ExitError) || error.code !== EXIT.noAnswer) return error;
  const way = commandText('stop', target, '--without-temporal');
  return new ExitError(error.code, `${error.message}\nTo keep users out without it: ${way}`);
}
