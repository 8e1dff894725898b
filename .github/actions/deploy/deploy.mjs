// Deploys by the command line, waits, writes step summary and outputs, and leaves with the command line's exit
// code. Told everything by its environment: INPUT_* (see action.yml), GITHUB_* and, for the command line, TEMPORAL_*.
// SIGINT or SIGTERM ends the waiting only: the operation goes on, and the summary says how to come back.
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import process from 'node:process';
import { clearTimeout, setTimeout } from 'node:timers';
import { fileURLToPath, URL } from 'node:url';
import {
  BadInput,
  deployArguments,
  endOf,
  inputsFrom,
  oneLine,
  outputsOf,
  summaryOf,
} from './told.mjs';

const { env } = process;
const BUILT = fileURLToPath(new URL('../../../dist/client.js', import.meta.url));
const REPORT_MS = 60_000;
/** GitHub kills a cancelled step 10 s after its first signal. */
const LAST_WORDS_MS = 3_000;

let cancelled = false;
let running;
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, cancel);

process.exitCode = await main();

async function main() {
  const inputs = inputsOrMistake();
  if (inputs instanceof BadInput) return tellMistake(inputs);
  const guard = randomUUID();
  // What versions, people and tools say goes into the log, and must not be taken for a command to the runner.
  if (env['GITHUB_ACTIONS'] === 'true') say(`::stop-commands::${guard}\n`);
  const ran = await fairlead(inputs, deployArguments(inputs), say);
  const end = endOf(inputs, ran, cancelled);
  // Asking takes seconds, which a cancelled step may not have.
  const ask = async (...args) => (cancelled || end.runId === '' ? '' : asked(inputs, args, end));
  const state = end.code === 8 || end.code === 9 ? await ask('status') : '';
  const report = await ask('report', '--format=md');
  if (env['GITHUB_ACTIONS'] === 'true') say(`::${guard}::\n`);
  tell(end, summaryOf(end, state, report));
  return end.code;
}

function inputsOrMistake() {
  try {
    return inputsFrom(env);
  } catch (error) {
    if (error instanceof BadInput) return error;
    throw error;
  }
}

function tellMistake({ message }) {
  const nothing = { operation: '', runId: '', outcome: '', verdict: '', url: '', joined: false };
  const end = { ...nothing, code: 2, message, lastWords: message };
  tell(end, summaryOf(end, '', ''));
  return end.code;
}

function tell(end, summary) {
  const { GITHUB_STEP_SUMMARY, GITHUB_OUTPUT } = env;
  if (GITHUB_STEP_SUMMARY) appendFileSync(GITHUB_STEP_SUMMARY, summary);
  else say(summary);
  if (GITHUB_OUTPUT) appendFileSync(GITHUB_OUTPUT, outputsOf(end));
  if (end.code === 0 || env['GITHUB_ACTIONS'] !== 'true') return;
  const why = oneLine(end.message || end.lastWords).replaceAll('%', '%25');
  say(`::error title=Fairlead::${oneLine(end.operation).replaceAll('%', '%25')}: ${why}\n`);
}

/** What the command line says about this very run; nothing when it cannot say. */
async function asked(inputs, [verb, ...flags], { operation, runId }) {
  const args = [verb, ...flags, `--as=${inputs.actor}`, `--run=${runId}`, '--', operation];
  const { code, stdout } = await fairlead(inputs, args, () => undefined, REPORT_MS);
  return code === 0 ? stdout : '';
}

/** Runs it without a shell; `hear` gets what it says on stderr. */
async function fairlead({ cli }, args, hear, withinMs) {
  const [program, first] = cli === undefined ? [process.execPath, [BUILT]] : [cli, []];
  const child = spawn(program, [...first, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  running = child;
  if (cancelled) child.kill('SIGINT');
  const late =
    withinMs === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), withinMs);
  const output = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text) => (output.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text) => {
    output.stderr += text;
    hear(text);
  });
  return new Promise((done) => {
    child.once('error', ({ message }) => {
      hear(`starting ${program}: ${message}\n`);
      clearTimeout(late);
      done({ code: 1, ...output, stderr: `starting ${program}: ${message}` });
    });
    child.once('close', (code) => {
      clearTimeout(late);
      done({ code, ...output });
    });
  });
}

function cancel() {
  if (cancelled) return;
  cancelled = true;
  const child = running;
  child?.kill('SIGINT');
  setTimeout(() => child?.kill('SIGKILL'), LAST_WORDS_MS).unref();
}

function say(text) {
  process.stdout.write(text);
}
