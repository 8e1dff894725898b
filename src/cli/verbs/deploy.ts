// `fairlead deploy SYSTEM/SERVICE VERSION`.
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

interface DeployOptions extends WaitOptions, WindowOptions {
  strategy?: string;
  autoPromote?: boolean;
  initialWeight?: string;
}

export function register(program: Command): void {
  const command = program
    .command('deploy')
    .argument('<target>', SERVICE_ARGUMENT)
    .argument('<version>', 'what replaces {version} in the system file')
    .description('bring a version of SYSTEM/SERVICE to all users, step by step')
    .option('--strategy <name>', 'canary or blue-green (default: as the system file says)')
    .option('--auto-promote', 'ask nobody, where the system file allows it')
    .option('--initial-weight <percent>', 'share of the first step');
  withWaiting(
    withCommon(withWindows(command), [
      'deploy shop/api v2',
      'deploy shop/api v2 --dry-run --json',
      'deploy shop/api v2 --strategy blue-green',
      'deploy shop/api v2 --wait-for-window',
      'deploy shop/api "$TAG" --as ci --reason "build 1234" --timeout 30m --json',
    ]),
  ).action(async (text: string, version: string, options: DeployOptions) => {
    const { serviceTarget } = await import('../ids.ts');
    const { numberFlag } = await import('../flags.ts');
    const { startOperation } = await import('../operation/start.ts');
    const { chooseDeploy } = await import('../operation/check-start.ts');
    const { initialWeight } = options;
    const target = serviceTarget(text);
    await startOperation(
      chooseDeploy(options.strategy),
      {
        ...target,
        ...(await windowFields(options)),
        version,
        strategy: options.strategy,
        autoPromote: options.autoPromote,
        initialWeight:
          initialWeight === undefined ? undefined : numberFlag('--initial-weight', initialWeight),
      },
      options,
    );
  });
}
