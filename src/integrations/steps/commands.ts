// Commands of runbooks of steps, as ports/commands.ts says.
import { setTimeout as sleep } from 'node:timers/promises';
import { Failure } from '../../domain/failure.ts';
import { killWithLimit } from '../../machine/limit-mark.ts';

import { processesWhere, signalProcess } from '../../machine/process-identity.ts';
import type { CommandEnd, CommandInput, CommandsPort } from '../../ports/steps/commands.ts';
import type { Waiting } from '../../ports/waiting.ts';
import { runToEnd } from '../run-command.ts';
import { secretValue, type SecretSources } from '../secret-value.ts';

/** The name of the variable that has the mark. */
const MARK = 'FAIRLEAD_MARK';
const GONE_WITHIN_MS = 10_000;
const LOOK_AGAIN_MS = 20;

export function createCommands(secrets: SecretSources): CommandsPort {
  return {
    run: async (input, waiting) => run(input, await settings(input, secrets), secrets, waiting),
    endLeft,
  };
}

async function run(
  { command, directory, timeoutMs, mark, permit }: CommandInput,
  settings: Record<string, string>,
  { env: environment }: SecretSources,
  { signal }: Waiting,
): Promise<CommandEnd> {
  signal.throwIfAborted();
  const began = performance.now();
  const more = { ...settings, [MARK]: mark };
  const program = { command, directory, timeoutMs, mark, permit };
  const end = await runToEnd({ ...program, environment, more, signal });
  signal.throwIfAborted();
  if (end.exitCode === undefined && end.signal === undefined) {
    throw new Failure(
      'Unavailable',
      `${command.join(' ')} could not be started in ${directory}: ${end.problem ?? 'nobody knows why'}. Is the program installed where the worker runs, and is the folder there?`,
    );
  }
  const { exitCode, signal: by, late, printed, more: isMore } = end;
  return {
    ...(exitCode !== undefined && { exitCode }),
    ...(by !== undefined && { signal: by }),
    ...{ late, printed, more: isMore, ms: Math.round(performance.now() - began) },
  };
}

async function settings(
  { environment, directory }: CommandInput,
  secrets: SecretSources,
): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const [name, setting] of Object.entries(environment)) {
    if (typeof setting !== 'object') {
      found[name] = String(setting);
      continue;
    }
    const value = await secretValue(setting, directory, secrets);
    if ('problem' in value) {
      throw new Failure('BadInput', `the command's ${name} is in ${value.problem}`);
    }
    found[name] = value.secret;
  }
  return found;
}

/** By the limit that all it started has, and by its environment where there is no such limit. */
async function endLeft(mark: string, { signal }: Waiting): Promise<number> {
  const entry = `${MARK}=${mark}`;
  const ended = new Set<number>();
  const until = performance.now() + GONE_WITHIN_MS;
  for (;;) {
    const left = killWithLimit(mark);
    const marked = processesWhere((_, environment) => environment.includes(entry));
    for (const one of marked) signalProcess(one, 'SIGKILL');
    const found = [...left, ...marked.map(({ pid }) => pid)];
    if (found.length === 0) return ended.size;
    for (const pid of found) ended.add(pid);
    if (performance.now() > until) {
      throw new Failure(
        'Unavailable',
        `ending what a command left running: ${found.join(', ')} did not end within ${GONE_WITHIN_MS / 1000} s; look at them, then try again`,
      );
    }
    await sleep(LOOK_AGAIN_MS, undefined, { signal });
  }
}
