// (h) How long `fairlead --help` takes ÷ `node -e 0`, one after the other.
import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { figure, type Measured, type Stage } from './figure.ts';
import { median, rounded } from './statistics.ts';

const CLIENT = resolve(import.meta.dirname, '../dist/client.js');

export async function commandLine(stage: Stage): Promise<Measured[]> {
  time([CLIENT, '--help']);
  const helps: number[] = [];
  const bares: number[] = [];
  for (let round = 0; round < stage.rounds(25); round += 1) {
    bares.push(time(['-e', '0']));
    helps.push(time([CLIENT, '--help']));
  }
  const ratios = helps.map((ms, index) => ms / (bares[index] ?? Number.NaN));
  const ms = (values: number[]): string => `${rounded(median(values))} ms`;
  return [
    figure('fairlead --help ÷ node -e 0', 'ratio', ratios, {
      target: { atMost: 3, of: 'median' },
      notes: [`${ms(helps)} against ${ms(bares)} (medians)`],
    }),
  ];
}

function time(args: string[]): number {
  const started = performance.now();
  const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  if (status !== 0)
    throw new Error(`node ${args.join(' ')} left with ${String(status)}: ${stderr}`);
  return performance.now() - started;
}
