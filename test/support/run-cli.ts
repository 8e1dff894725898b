// Runs the command line as its users do: a process of its own, its output and its exit code.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { entryArgs, ROOT } from './entry.ts';

export interface CliResult {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** `env` is added to an environment that knows nothing of Temporal. */
export async function runCli(
  args: readonly string[],
  env: Record<string, string> = {},
  cwd: string = ROOT,
): Promise<CliResult> {
  const child = spawn(process.execPath, [...entryArgs('client'), ...args], {
    cwd,
    env: { PATH: process.env['PATH'], HOME: cwd, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  await once(child, 'close');
  return { code: child.exitCode, stdout, stderr };
}
