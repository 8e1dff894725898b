// Runs the step of the GitHub Action as a runner does: its inputs put into its environment, its `run` as a file
// for bash, files for summary and outputs, and signals to the process that was started and to no other.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parse } from 'yaml';
import { z } from 'zod';
import { entryArgs, ROOT } from '../entry.ts';
import { PATIENCE_MS } from '../patience.ts';

export const ACTION = join(ROOT, '.github', 'actions', 'deploy');

const actionSchema = z.object({
  inputs: z.record(
    z.string(),
    z.object({ description: z.string(), default: z.string().optional() }),
  ),
  outputs: z.record(z.string(), z.object({ description: z.string(), value: z.string() })),
  runs: z.object({
    using: z.literal('composite'),
    steps: z.array(
      z.object({
        id: z.string().optional(),
        if: z.string().optional(),
        shell: z.literal('bash'),
        env: z.record(z.string(), z.string()).default({}),
        run: z.string(),
      }),
    ),
  }),
});

export type Action = z.output<typeof actionSchema>;

export function readAction(): Action {
  return actionSchema.parse(parse(readFileSync(join(ACTION, 'action.yml'), 'utf8')));
}

export interface StepEnd {
  code: number | null;
  log: string;
  summary: string;
  outputs: Record<string, string>;
}

export interface Step {
  /** Until its log has it. */
  says(text: string): Promise<void>;
  kill(signal: NodeJS.Signals): void;
  ended: Promise<StepEnd>;
}

/** Insists on the exit code, these outputs, and what the summary says. */
export function has(
  end: StepEnd,
  code: number,
  outputs: Record<string, string>,
  ...texts: RegExp[]
): void {
  assert.equal(end.code, code, end.log);
  for (const [name, value] of Object.entries(outputs)) assert.equal(end.outputs[name], value, name);
  for (const text of texts) assert.match(end.summary, text);
}

/** `folder` is where it runs and keeps its files; `env` is the job's. */
export function startStep(
  folder: string,
  inputs: Record<string, string>,
  env: Record<string, string>,
): Step {
  const action = readAction();
  const step = action.runs.steps.find(({ id }) => id === 'deploy');
  assert.ok(step);
  const files = mkdtempSync(join(folder, 'step-'));
  const [script, summary, outputs] = ['run.sh', 'summary.md', 'outputs'].map((name) => {
    writeFileSync(join(files, name), name === 'run.sh' ? step.run : '');
    return join(files, name);
  });
  assert.ok(script !== undefined && summary !== undefined && outputs !== undefined);
  const given = { cli: commandLine(files), ...inputs };
  const child = spawn('bash', ['--noprofile', '--norc', '-eo', 'pipefail', script], {
    cwd: folder,
    env: {
      PATH: process.env['PATH'],
      HOME: folder,
      ...env,
      ...inputVariables(action, step.env, given),
      GITHUB_ACTION_PATH: ACTION,
      GITHUB_STEP_SUMMARY: summary,
      GITHUB_OUTPUT: outputs,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let log = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (log += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (log += text));
  const ended = once(child, 'close').then(() => {
    const end = {
      code: child.exitCode,
      log,
      summary: readFileSync(summary, 'utf8'),
      outputs: outputsIn(readFileSync(outputs, 'utf8')),
    };
    rmSync(files, { recursive: true });
    return end;
  });
  return {
    async says(text) {
      for (const deadline = Date.now() + PATIENCE_MS; !log.includes(text);) {
        assert.ok(Date.now() < deadline && child.exitCode === null, `no "${text}" in: ${log}`);
        await sleep(20);
      }
    },
    kill(signal) {
      child.kill(signal);
    },
    ended,
  };
}

/** What the action finds by itself once it is built; before that a program that runs the sources. */
function commandLine(files: string): string {
  const args = entryArgs('client');
  if (args.length === 1) return '';
  const program = join(files, 'fairlead');
  const words = [process.execPath, ...args].map((word) => `'${word}'`).join(' ');
  writeFileSync(program, `#!/bin/sh\nexec ${words} "$@"\n`, { mode: 0o755 });
  return program;
}

/** The step's environment with `${{ inputs.x }}` filled in. */
function inputVariables(
  { inputs }: Action,
  env: Record<string, string>,
  given: Record<string, string>,
): Record<string, string> {
  const filled = Object.entries(env).map(([name, value]) => {
    const [, input] = /^\$\{\{ inputs\.([a-z-]+) \}\}$/.exec(value) ?? [];
    assert.ok(input !== undefined && input in inputs, `${name}: ${value} is no input`);
    return [name, given[input] ?? inputs[input]?.default ?? ''] as const;
  });
  return Object.fromEntries(filled);
}

function outputsIn(text: string): Record<string, string> {
  const lines = text.split('\n').slice(0, -1);
  return Object.fromEntries(
    lines.map((line) => {
      const [name = '', ...value] = line.split('=');
      return [name, value.join('=')];
    }),
  );
}
