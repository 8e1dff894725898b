// Ports of runbooks of steps without an outside: what was asked is kept, and answered as a test says.
import { Failure } from '../../../src/domain/failure.ts';
import type { LoadedRunbook, LoadedSystem } from '../../../src/domain/loaded-system.ts';
import type { BegunPort } from '../../../src/ports/steps/begun.ts';
import type { CommandEnd, CommandInput, CommandsPort } from '../../../src/ports/steps/commands.ts';
import type { HttpPort } from '../../../src/ports/steps/http.ts';
import type { KeptFilesPort } from '../../../src/ports/steps/kept-files.ts';
import type { QueriesPort } from '../../../src/ports/steps/queries.ts';
import type { RunbooksPort } from '../../../src/ports/steps/runbooks.ts';

export interface MemorySteps {
  commands: CommandsPort;
  http: HttpPort;
  queries: QueriesPort;
  begun: BegunPort;
  keptFiles: KeptFilesPort;
  runbooks: RunbooksPort;
  steps: {
    /** By name; what a test puts there is loaded. */
    written: Map<string, LoadedRunbook>;
    /** Every command that was run, its arguments joined by a space. */
    ran: string[];
    /** What a command ends with; without an answer it exits with 0 and prints nothing. */
    answer: (command: string, input: CommandInput) => Promise<Partial<CommandEnd>>;
  };
}

export function memorySteps(): MemorySteps {
  const begun = new Set<string>();
  const steps: MemorySteps['steps'] = {
    written: new Map(),
    ran: [],
    answer: async () => ({}),
  };
  const found = (_: LoadedSystem, name: string): LoadedRunbook => {
    const runbook = steps.written.get(name);
    if (runbook === undefined) throw new Failure('NotFound', `there is no runbook ${name}`);
    return runbook;
  };
  return {
    steps,
    commands: {
      run: async (input, waiting) => {
        waiting.signal.throwIfAborted();
        await input.permit?.();
        const command = input.command.join(' ');
        steps.ran.push(command);
        const end = await steps.answer(command, input);
        return { exitCode: 0, late: false, printed: '', more: false, ms: 1, ...end };
      },
      endLeft: async () => 0,
    },
    http: { send: async () => ({ status: 200, text: 'ok', contentType: 'text/plain', ms: 1 }) },
    queries: {
      look: async () => ({ columns: ['n'], rows: [['t']], more: false }),
      change: async () => ({ rows: 1 }),
    },
    begun: {
      note: async ({ runId, step, sequence }) => {
        const key = `${runId} ${step} ${sequence}`;
        const isFirst = !begun.has(key);
        begun.add(key);
        return isFirst;
      },
    },
    keptFiles: { keep: async () => ({ files: [], list: { key: '_kept/none', sha256: '' } }) },
    runbooks: {
      load: async (loaded, name) => found(loaded, name),
      list: async () =>
        [...steps.written.values()].map(({ name, runbook: { title, inputs } }) => ({
          ...{ name, title, inputs },
        })),
    },
  };
}
