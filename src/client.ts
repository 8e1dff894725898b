#!/usr/bin/env node
// The command line's entry: parses, dispatches, and ends with the exit code.
import { runProgram } from './cli/program.ts';

const code = await runProgram(process.argv.slice(2), (text) => process.stderr.write(text));
// What was written has to be out before the process ends, and nothing left open may keep it.
process.stdout.write('', () => process.stderr.write('', () => process.exit(code)));
