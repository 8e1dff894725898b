// (o) A runbook of 50 looks ÷ a shell script with the same commands, one after the other: real processes, each a check as people
// write them, a small program of Node.
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { runbookSchema } from '../src/config/steps/runbook-schema.ts';
import { digestOf } from '../src/domain/digest.ts';
import { createCommands } from '../src/integrations/steps/commands.ts';
import { startTestWorker, type TestWorker } from '../test/support/operations.ts';
import { FOUR_STEPS, newSystem, succeeded, worldOf } from './canary-world.ts';
import { figure, type Measured, type Stage } from './figure.ts';
import { median, rounded } from './statistics.ts';

const LOOKS = 50;
const COMMAND = ['node', '-e', 'console.log(process.uptime())'];
const NAME = 'looks';

export async function runbook(stage: Stage): Promise<Measured[]> {
  const { address } = await stage.server();
  const ports = worldOf(FOUR_STEPS);
  // Commands run in the folder of the system.
  const { systems } = ports;
  ports.systems = {
    names: () => systems.names(),
    load: async (name) => ({ ...(await systems.load(name)), directory: tmpdir() }),
  };
  ports.commands = createCommands({
    env: process.env,
    readFile: async () => '',
    reader: 'the worker',
  });
  const steps = Array.from({ length: LOOKS }, (_, n) => ({
    id: `look-${n}`,
    look: { command: COMMAND },
  }));
  const written = runbookSchema.parse({ title: 'Looks', steps });
  const file = `systems/bench/runbooks/${NAME}.yaml`;
  ports.steps.written.set(NAME, { name: NAME, file, digest: digestOf(written), runbook: written });
  const worker = await startTestWorker(address, ports);
  try {
    await timeRunbook(worker);
    const runs: number[] = [];
    const scripts: number[] = [];
    for (let round = 0; round < stage.rounds(5); round += 1) {
      const both = [
        async () => runs.push(await timeRunbook(worker)),
        async () => scripts.push(timeScript()),
      ];
      for (const one of round % 2 === 0 ? both : both.reverse()) await one();
    }
    const ratios = runs.map((ms, index) => ms / (scripts[index] ?? Number.NaN));
    const ms = (values: number[]): string => `${rounded(median(values))} ms`;
    return [
      figure(`runbook of ${LOOKS} looks ÷ shell script`, 'ratio', ratios, {
        target: { atMost: 2, of: 'median' },
        notes: [`${ms(runs)} against ${ms(scripts)} (medians); each command is a program of Node`],
      }),
    ];
  } finally {
    await worker.stop();
  }
}

async function timeRunbook(worker: TestWorker): Promise<number> {
  const system = newSystem();
  const started = performance.now();
  const request = { system, runbook: NAME, requestedBy: 'ana' };
  await succeeded(await worker.start('runbook', request, `run/${system}/${NAME}`));
  return performance.now() - started;
}

function timeScript(): number {
  const [program, ...args] = COMMAND;
  const line = [program, ...args.map((one) => `'${one}'`)].join(' ');
  const script = Array.from({ length: LOOKS }, () => line).join('\n');
  const started = performance.now();
  const { status } = spawnSync('sh', ['-c', script], { stdio: 'ignore' });
  if (status !== 0) throw new Error(`the shell script exited with ${status ?? 'a signal'}`);
  return performance.now() - started;
}
