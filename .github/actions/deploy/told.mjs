// What the action is told and what it says, as text: the arguments of the command line, the link, the summary.
// Pure: the environment is an argument, nothing is read or written.
import { Buffer } from 'node:buffer';

/** As the command line takes it for the name of a person or a pipeline. */
const PERSON = /^[A-Za-z0-9][A-Za-z0-9._@:/-]{0,127}$/;
const REASON_LENGTH = 2000;
/** A step summary may have 1 MiB; one that is larger is shown not at all. */
const SUMMARY_BYTES = 900_000;

/** A mistake in the inputs: exit code 2. */
export class BadInput extends Error {}

export function inputsFrom(env) {
  return {
    target: required(env, 'target'),
    version: required(env, 'version'),
    autoPromote: yesOrNo(env, 'auto-promote'),
    strategy: given(env, 'strategy'),
    timeout: given(env, 'timeout'),
    reason: (given(env, 'reason') ?? reasonOf(env)).slice(0, REASON_LENGTH),
    actor: given(env, 'as') ?? actorOf(env),
    webUi: webUiFrom(given(env, 'web-ui')),
    namespace: env['TEMPORAL_NAMESPACE'] || 'default',
    cli: given(env, 'cli'),
  };
}

/** An input that was left out is an empty one. */
function given(env, name) {
  const value = env[`INPUT_${name.toUpperCase().replaceAll('-', '_')}`];
  return value === '' ? undefined : value;
}

function required(env, name) {
  const value = given(env, name);
  if (value === undefined) throw new BadInput(`the input ${name} is missing`);
  return value;
}

function yesOrNo(env, name) {
  const value = given(env, name) ?? 'false';
  if (value === 'true' || value === 'false') return value === 'true';
  throw new BadInput(`the input ${name} is "${oneLine(value)}", allowed: true, false`);
}

/** Who started this run of the workflow, if that can be a name: `dependabot[bot]` cannot. */
function actorOf(env) {
  const actor = env['GITHUB_TRIGGERING_ACTOR'] || env['GITHUB_ACTOR'] || 'ci';
  return PERSON.test(actor) ? actor : 'ci';
}

function reasonOf(env) {
  const { GITHUB_WORKFLOW, GITHUB_SHA, GITHUB_REF_NAME, GITHUB_REPOSITORY, GITHUB_RUN_ID } = env;
  if (!GITHUB_REPOSITORY) return 'asked for by a pipeline';
  const url = `${env['GITHUB_SERVER_URL'] || 'https://github.com'}/${GITHUB_REPOSITORY}/actions/runs/${GITHUB_RUN_ID}`;
  return `${GITHUB_WORKFLOW} at ${GITHUB_REF_NAME} (${(GITHUB_SHA ?? '').slice(0, 12)}): ${url}`;
}

function webUiFrom(text) {
  if (text === undefined) return undefined;
  if (/^https?:\/\/[^\s<>()"\\]+$/.test(text)) return text.replace(/\/+$/, '');
  throw new BadInput(`the input web-ui is "${oneLine(text)}", allowed: an address with http(s)://`);
}

/** `--flag=value` and `--`: no value can be taken for a flag. */
export function deployArguments(inputs) {
  const { target, version, strategy, timeout, autoPromote, actor, reason } = inputs;
  return [
    ...['deploy', '--json', `--as=${actor}`, `--reason=${reason}`],
    ...(strategy === undefined ? [] : [`--strategy=${strategy}`]),
    ...(timeout === undefined ? [] : [`--timeout=${timeout}`]),
    ...(autoPromote ? ['--auto-promote'] : []),
    ...['--', target, version],
  ];
}

/** What the deploy came to; `ran` is how its process ended. */
export function endOf(inputs, ran, cancelled) {
  const said = jsonOf(ran.stdout);
  // While it runs nothing is on stdout: then only its progress says which run it is.
  const [, told] = / (?:started|joined) \(([0-9a-f]{8}-[0-9a-f-]{27})\)/.exec(ran.stderr) ?? [];
  const stopped = cancelled && (ran.code === null || ran.code === 130);
  const end = {
    operation: textIn(said, 'operation') || `deploy/${inputs.target}/${inputs.version}`,
    runId: textIn(said, 'runId') || (told ?? ''),
    outcome: textIn(said, 'outcome'),
    verdict: textIn(said, 'verdict'),
    message: textIn(said, 'message'),
    code: stopped ? 130 : (ran.code ?? 1),
    lastWords: ran.stderr.trim().split('\n').slice(-12).join('\n'),
    joined: / was asked for the same: joined /.test(ran.stderr),
  };
  return { ...end, url: linkTo(inputs, end) };
}

function linkTo({ webUi, namespace }, { operation, runId }) {
  if (webUi === undefined || runId === '') return '';
  // Half of a character cannot be written into an address.
  const [where, what] = [namespace, operation].map((one) => encodeURIComponent(one.toWellFormed()));
  return `${webUi}/namespaces/${where}/workflows/${what}/${runId}/history`;
}

function jsonOf(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function textIn(value, key) {
  const found = typeof value === 'object' && value !== null ? value[key] : undefined;
  return typeof found === 'string' ? found : '';
}

/** What an exit code means for who looks at the pipeline, and what to do next. */
function advice(code, operation) {
  const look = `Look at it with \`fairlead status ${operation}\``;
  switch (code) {
    case 0:
      return '';
    case 2:
      return 'What was asked for makes no sense or is not there: correct it and run this again.';
    case 3:
      return 'It failed and was taken back, nothing is left over. Running this again tries again.';
    case 4:
      return 'Somebody refused or stopped it, or nobody answered in time. It was taken back unless the report says otherwise.';
    case 5:
      return 'Temporal or a worker did not answer. What was started goes on when they do; running this again waits for it.';
    case 6:
      return 'It was refused: something else is under way, or not allowed now. Run this again afterwards.';
    case 7:
      return 'There was too little to judge by, so nobody can say whether the version is good.';
    case 8:
      return `**It needs a person.** ${look}, answer with \`fairlead retry\`, \`skip\`, \`adopt\` or \`abort\`, then run this again to wait for the end.`;
    case 9:
      return `**It goes on**; only the waiting ended. ${look}; running this again waits for it again.`;
    case 130:
      return `**This job was cancelled, the operation is not.** If it was started, it goes on. ${look}, stop it with \`fairlead abort ${operation}\`; running this again waits for it again.`;
    default:
      return 'This is a bug, or the command line could not be run: see the log of this step.';
  }
}

/** `state` and `report` are what the command line says about it, if it could be asked. */
export function summaryOf(end, state, report) {
  const run = end.runId === '' ? '' : `, run ${code(end.runId)}`;
  const lines = [
    `## Fairlead: ${titleOf(end)}`,
    `${code(end.operation)}${run}${end.joined ? ', joined while it ran' : ''}, exit code ${end.code}${end.url === '' ? '' : `. [Temporal's Web UI](${end.url})`}`,
    advice(end.code, oneLine(end.operation).replaceAll('`', '')),
    ...(state === '' ? [] : [fenced(state)]),
    report === '' ? fenced(end.lastWords) : report,
  ];
  const text = `${lines.filter((line) => line !== '').join('\n\n')}\n`;
  if (Buffer.byteLength(text) <= SUMMARY_BYTES) return text;
  const cut = Buffer.from(text).subarray(0, SUMMARY_BYTES).toString();
  return `${cut}\n\nCut here: \`fairlead report\` has all of it.\n`;
}

function titleOf({ code: exitCode, outcome }) {
  if (exitCode === 130) return 'cancelled here, the operation goes on';
  if (exitCode === 9) return 'still running';
  return outcome || (exitCode === 8 ? 'needs a person' : 'not done');
}

/** As lines of NAME=VALUE, none of which can become two. */
export function outputsOf(end) {
  const values = {
    operation: end.operation,
    'run-id': end.runId,
    outcome: end.outcome,
    verdict: end.verdict,
    'exit-code': String(end.code),
    url: end.url,
  };
  return Object.entries(values)
    .map(([name, value]) => `${name}=${oneLine(value)}\n`)
    .join('');
}

export function oneLine(text) {
  return text.replace(/[\s\p{Cc}\u2028\u2029]+/gu, ' ').trim();
}

function code(text) {
  return `\`${oneLine(text).replaceAll('`', '')}\``;
}

function fenced(text) {
  if (text.trim() === '') return '';
  const longest = Math.max(0, ...[...text.matchAll(/`+/g)].map(([ticks]) => ticks.length));
  const fence = '`'.repeat(Math.max(3, longest + 1));
  return `${fence}text\n${text.trimEnd()}\n${fence}`;
}
