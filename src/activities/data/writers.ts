// Stops and starts programs that write to live data, by the commands of the system file. Whether one runs is what its check
// says, before and after: a command that was cut off is given again only where it is not done.
import { Failure } from '../../domain/failure.ts';
import type { MigrationCommand, WriterCommand } from '../../domain/recovery/live/writers.ts';
import type { ChecksPort } from '../../ports/checks.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Call } from '../call.ts';

export interface WriterInput {
  name: string;
  command: WriterCommand;
  /** Absolute folder that commands run in. */
  directory: string;
}

export interface WriterPorts {
  checks: ChecksPort;
  clock: Clock;
}

type Verb = 'stop' | 'start' | 'check';

/** A program may take a moment to end, or to come up. */
const LOOK_AGAIN_MS = 500;

const WORDS = {
  stop: { done: 'is stopped', left: 'still runs' },
  start: { done: 'runs', left: 'does not run' },
};

export async function stopWriter(
  input: WriterInput,
  call: Call,
  ports: WriterPorts,
): Promise<{ detail: string }> {
  return brought(input, 'stop', call, ports);
}

export async function startWriter(
  input: WriterInput,
  call: Call,
  ports: WriterPorts,
): Promise<{ detail: string }> {
  return brought(input, 'start', call, ports);
}

/** Brings restored tables to what the services need, by `recovery.migrate`, whose check ends with 0 once there is nothing to migrate: then its command is not given. */
export async function migrateLive(
  {
    directory,
    migrate: { command, check, timeout },
  }: { directory: string; migrate: MigrationCommand },
  call: Call,
  ports: WriterPorts,
): Promise<{ detail: string }> {
  const both = { stop: command, start: command, check, timeout };
  const words = { done: 'is as the services need it', left: 'is not as the services need it' };
  return brought({ name: 'what is live', command: both, directory }, 'stop', call, ports, words);
}

async function brought(
  input: WriterInput,
  to: 'stop' | 'start',
  call: Call,
  ports: WriterPorts,
  { done, left } = WORDS[to],
): Promise<{ detail: string }> {
  const { name, command } = input;
  await call.token();
  if (await isDone(input, to, call, ports)) return { detail: `${name} ${done} already` };
  const told = await run(input, to, call, ports);
  const until = ports.clock.now() + command.timeout;
  while (!(await isDone(input, to, call, ports))) {
    if (ports.clock.now() >= until) {
      throw new Failure(
        'CheckFailed',
        `${told}, and by its check ${command.check.join(' ')} ${name} ${left}: do it by hand, then retry`,
      );
    }
    await ports.clock.sleep(LOOK_AGAIN_MS, call.signal);
    call.beat();
  }
  return { detail: `${told}, and by its check ${name} ${done}` };
}

async function isDone(
  input: WriterInput,
  to: 'stop' | 'start',
  call: Call,
  ports: WriterPorts,
): Promise<boolean> {
  const isStopped = await run(input, 'check', call, ports).then(
    () => true,
    (error: unknown) => {
      if (error instanceof Failure && error.kind === 'CheckFailed') return false;
      throw error;
    },
  );
  return isStopped === (to === 'stop');
}

function run(
  { name, command, directory }: WriterInput,
  verb: Verb,
  call: Call,
  { checks }: WriterPorts,
): Promise<string> {
  const check = {
    name: `${name}-${verb}`,
    command: command[verb],
    status: 200,
    timeout: command.timeout,
  };
  const nowhere = { address: '', url: '', version: '', headers: async () => ({}) };
  return checks.run({ check, directory, ...nowhere }, call);
}
