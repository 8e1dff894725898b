// `fairlead windows SYSTEM`: whether its change windows let anything through, now or at a time, until when, and what is next.
import type { Command } from 'commander';
import { isRecord, textAt } from '../../../domain/json.ts';
import { withLooking, type CommonOptions } from '../../command-options.ts';
import { EXIT, ExitError } from '../../exit.ts';

interface WindowsOptions extends CommonOptions {
  at?: string;
}

export function register(program: Command): void {
  const windows = program
    .command('windows')
    .argument('<system>', 'a system, for example shop')
    .description('say whether a change window of SYSTEM is open, until when, or when the next is')
    .option('--at <time>', 'at another time than now, with its zone: 2027-01-04T08:00:00Z');
  withLooking(windows, [
    'windows shop',
    'windows shop --at 2027-03-28T02:30:00+01:00 --json',
  ]).action(showWindows);
}

async function showWindows(text: string, { at, ...options }: WindowsOptions): Promise<void> {
  const { systemName } = await import('../../ids.ts');
  const { withTemporal } = await import('../../temporal/connect.ts');
  const { actorName } = await import('../../identity.ts');
  const { inspect } = await import('../../temporal/inspect.ts');
  const { printJson, printText } = await import('../../output/print.ts');
  const { timeWithZone } = await import('../../../domain/time/freeze.ts');
  const { describeValue } = await import('../../../domain/text/describe-value.ts');
  const system = systemName(text);
  const when = at === undefined ? undefined : timeWithZone(at);
  if (at !== undefined && when === undefined) {
    const allowed = 'a time with its zone, such as 2027-01-04T08:00:00Z or 2027-01-04T09:00+01:00';
    throw new ExitError(EXIT.badInput, `--at is ${describeValue(at)}, allowed: ${allowed}`);
  }
  await withTemporal(actorName(options.as), async (temporal) => {
    const asked = when === undefined ? {} : { at: new Date(when).toISOString() };
    const answer = await inspect(temporal, { system, windows: asked });
    if (options.json === true) printJson(answer);
    else printText(windowLines(answer).join('\n'));
  });
}

/** The answer `fairlead/windows/v1` as lines of a terminal. */
export function windowLines(answer: unknown): string[] {
  const isOpen = isRecord(answer) && answer['open'] === true;
  const [system, at, until, next, why] = ['system', 'at', 'until', 'next', 'why'].map(
    (field) => textAt(answer, field) ?? '',
  );
  const end = until === '' ? '' : ` until ${until ?? ''}`;
  const opening = next === '' ? 'no window is known to open' : `opens at ${next ?? ''}`;
  return [
    `${system ?? ''} at ${at ?? ''}: ${isOpen ? `open${end}` : `closed, ${opening}`}`,
    `  ${why ?? ''}`,
  ];
}
