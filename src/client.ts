#!/usr/bin/env node
// The command line's entry: parses, dispatches, and ends with the exit code.
import module from 'node:module';
import { EXIT } from './cli/exit.ts';
import { fitted } from './cli/output/print.ts';
import { runProgram } from './cli/program.ts';

// From Node 22 on: what was compiled once is loaded from a cache. The large packages are imported by the verbs, later.
const enableCompileCache: unknown = Reflect.get(module, 'enableCompileCache');
if (typeof enableCompileCache === 'function') Reflect.apply(enableCompileCache, module, []);

// Whoever read has gone (`| head`): what would go on printing ends without a word, and what is at its end has its own code.
process.stdout.on('error', ({ code }: NodeJS.ErrnoException) => {
  if (code === 'EPIPE') setTimeout(() => process.exit(EXIT.readerGone), 1000);
});

// What is told beside it (`2>&1 | head`) is then told to nobody; how it ends is in its code.
process.stderr.on('error', () => undefined);

const code = await runProgram(process.argv.slice(2), (text) =>
  process.stderr.write(fitted(process.stderr, text)),
);
// What was written has to be out before the process ends, and nothing left open may keep it.
process.stdout.write('', () => {
  const unwritten: NodeJS.ErrnoException | null = process.stdout.errored;
  const isLost = unwritten !== null && unwritten.code !== 'EPIPE';
  const said = isLost ? `what was printed could not be written: ${unwritten.message}\n` : '';
  process.stderr.write(said, () => process.exit(isLost ? code || 1 : code));
});
