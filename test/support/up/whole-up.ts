// A whole `fairlead up` in a folder of its own on free ports, with systems that have short bakes, and the command
// line beside it. One for a test file: `startUp` before its tests, `stop` after them.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startLoad, type Load } from '../../../demo/load.ts';
import { freePorts } from '../free-ports.ts';
import { entryArgs, ROOT } from '../entry.ts';
import type { CliResult } from '../run-cli.ts';
import { systemFile, type UpSystem } from './whole-up-systems.ts';
import { PATIENCE_MS } from '../patience.ts';

export interface Cli {
  /** What it has written so far. */
  output: { stdout: string; stderr: string };
  kill(signal: NodeJS.Signals): void;
  ended: Promise<CliResult>;
}

export interface WholeUp {
  folder: string;
  data: string;
  /** Where users of a system's service are. */
  urlOf(system: string): string;
  run(args: string, env?: Record<string, string>): Promise<CliResult>;
  start(args: string, env?: Record<string, string>): Cli;
  /** Runs it and insists on the exit code. */
  exits(code: number, args: string, env?: Record<string, string>): Promise<CliResult>;
  /** Until the status of an operation or a system has this value at this path; returns what `status --json` prints. */
  until(what: string, path: string, value: unknown): Promise<string>;
  /** Insists that it ends well. */
  stop(): Promise<void>;
}

/** Far longer than anything takes: a test that waits in vain says for what. */

/** A value in JSON by its path: `services.api.weights.0.version`. */
export function field(text: string, path: string): unknown {
  const whole: unknown = JSON.parse(text);
  return path
    .split('.')
    .reduce<unknown>(
      (value, key) =>
        typeof value === 'object' && value !== null
          ? Object.getOwnPropertyDescriptor(value, key)?.value
          : undefined,
      whole,
    );
}

/** Until it has said so on stderr. */
export async function saying(cli: Cli, text: string): Promise<void> {
  for (const deadline = Date.now() + PATIENCE_MS; !cli.output.stderr.includes(text);) {
    assert.ok(Date.now() < deadline, `never said "${text}": ${cli.output.stderr}`);
    await sleep(20);
  }
}

/** Users enough for an analysis to have data in every interval; those of the demo are three times as busy. */
export function startUsers(url: string): Load {
  return startLoad(url, { pauseMs: 100 });
}

const VIEW = join(ROOT, 'systems', 'commercial-view');

export async function startUp(systems: readonly UpSystem[]): Promise<WholeUp> {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-whole-'));
  const data = join(folder, 'data');
  const ports = await freePorts(systems.length);
  const portOf = new Map(systems.map((one, index) => [one.name, ports[index] ?? 0]));
  for (const system of systems) {
    const home = join(folder, 'systems', system.name);
    // A plain folder of files, without generations.
    cpSync(VIEW, home, { recursive: true, filter: (path) => path !== join(VIEW, 'data') });
    cpSync(join(VIEW, 'data', 'gen-1'), join(home, 'data'), { recursive: true });
    writeFileSync(join(home, 'system.yaml'), systemFile(system, portOf.get(system.name) ?? 0));
  }
  const base = { PATH: process.env['PATH'] ?? '', HOME: folder, FAIRLEAD_DATA: data };
  const start = (args: string, env: Record<string, string> = {}): Cli =>
    spawnCli(args.split(' '), folder, { ...base, ...env });
  const cli = process.env['FAIRLEAD_TEST_TEMPORAL_CLI'];
  const up = start(
    `up --json --port 0 --data ${data} --systems ${join(folder, 'systems')}`,
    cli === undefined ? {} : { FAIRLEAD_TEMPORAL_CLI: cli },
  );
  const ready = async (): Promise<void> => {
    while (!up.output.stdout.includes('\n')) await sleep(50);
  };
  const died = up.ended.then(({ stderr }) => {
    throw new Error(`fairlead up ended while starting: ${stderr}`);
  });
  died.catch(() => undefined);
  await Promise.race([ready(), died]);
  const run: WholeUp['run'] = (args, env) => start(args, env).ended;
  const exits: WholeUp['exits'] = async (code, args, env) => {
    const result = await run(args, env);
    assert.equal(result.code, code, `${args}\n${result.stdout}\n${result.stderr}`);
    return result;
  };
  return {
    folder,
    data,
    urlOf: (system) => `http://127.0.0.1:${portOf.get(system) ?? 0}`,
    run,
    start,
    exits,
    async until(what, path, value) {
      // Loaded only where it is needed: Temporal's client takes as long as all the rest.
      const { untilStatus } = await import('../until-status.ts');
      const lastSeen = await untilStatus(data, what, (seen) => field(seen, path) === value);
      assert.equal(field(lastSeen, path), value, `${path} of ${what} in ${lastSeen}`);
      const { stdout } = await exits(0, `status ${what} --json`);
      assert.equal(field(stdout, path), value);
      return stdout;
    },
    async stop() {
      up.kill('SIGINT');
      const { code, stderr } = await up.ended;
      rmSync(folder, { recursive: true, force: true });
      assert.equal(code, 0, stderr);
    },
  };
}

export function spawnCli(args: string[], cwd: string, env: Record<string, string>): Cli {
  const child = spawn(process.execPath, [...entryArgs('client'), ...args], {
    cwd,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output.stderr += text));
  const ended = once(child, 'close').then(() => ({ code: child.exitCode, ...output }));
  return { output, ended, kill: (signal) => child.kill(signal) };
}
