// `fairlead port PORT`: who holds a port of this machine, and, when asked to, freeing it. Needs no Temporal.
import { createInterface } from 'node:readline/promises';
import type { Command } from 'commander';
import { commandText } from '../../domain/text/command-text.ts';
import type { PortUse } from '../../embedded/ports.ts';
import { withCommon, type CommonOptions } from '../command-options.ts';
import { EXIT, ExitError } from '../exit.ts';
import { wholeNumber } from '../flags.ts';
import { printJson, printText } from '../output/print.ts';

interface PortFlags extends CommonOptions {
  free?: boolean;
  yes?: boolean;
}

const SCHEMA = 'fairlead/port/v1';

export function register(program: Command): void {
  const command = program
    .command('port')
    .description('say who holds a port of this machine (exit 6 when somebody does), or free it')
    .argument('<port>', 'its number', wholeNumber(1, 65_535))
    .option('--free', 'end the process that holds it')
    .option('--yes', 'do not ask before ending it');
  withCommon(command, ['port 8000', 'port 8000 --json', 'port 8000 --free']).action(
    async (port: number, flags: PortFlags) => {
      const { partOfUp, portUse } = await import('../../embedded/ports.ts');
      const use = await portUse(port);
      const part = partOfUp(use);
      if (part !== undefined) look(use, flags, partWords(part));
      else if (use.held && flags.free === true) await free(use, flags);
      else look(use, flags);
    },
  );
}

/** What users go through is not ended by its port: an `up` would have it back at once. */
function partWords({ what, data }: { what: string; data?: string }): string {
  const of = data === undefined ? 'of an `up`' : `of the \`up\` with the data folder ${data}`;
  const down = data === undefined ? commandText('down') : commandText('down', '--data', data);
  return `it is ${what} ${of}, and is not ended by its port; end all of that with "${down}", or choose another port`;
}

function look(
  use: PortUse,
  flags: PortFlags,
  otherwise = 'end it with --free, or choose another port',
): void {
  const { port, held, pid, command } = use;
  if (flags.json === true) printJson({ schema: SCHEMA, port, held, pid, command, ended: null });
  else printText(held ? heldBy(use) : `port ${port} is free`);
  if (held) throw new ExitError(EXIT.refused, otherwise);
}

async function free(use: PortUse, flags: PortFlags): Promise<void> {
  if (flags.yes !== true) await confirm(use);
  const { releasePort } = await import('../../embedded/ports.ts');
  const { ended, now } = await releasePort(use.port);
  const { port, held, pid, command } = now;
  const before = ended ? { pid: use.pid, command: use.command } : null;
  if (flags.json === true) printJson({ schema: SCHEMA, port, held, pid, command, ended: before });
  else printText(held ? heldBy(now) : `port ${port} is free: ${use.holder} was ended`);
  if (!held) return;
  const why = ended ? `${use.holder} was ended, and this one came` : 'it cannot be ended from here';
  throw new ExitError(EXIT.refused, `${why}; choose another port`);
}

function heldBy({ port, holder }: PortUse): string {
  return `port ${port} is held by ${holder}`;
}

/** Asks at a terminal only: a script that says --free means it. */
async function confirm(use: PortUse): Promise<void> {
  if (!process.stdin.isTTY) return;
  const asked = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await asked.question(`${heldBy(use)}. End it? [y/N] `);
    if (/^y(es)?$/i.test(answer.trim())) return;
  } finally {
    asked.close();
  }
  throw new ExitError(EXIT.refused, 'nothing was ended');
}
