// The worker's log, line by line: what stands in it, and what does not.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApplicationFailure } from '@temporalio/common';
import { createRedactor } from '../../src/integrations/secrets.ts';
import { createLog, type LogLevel } from '../../src/watching/log.ts';
import { sdkLogger } from '../../src/watching/sdk-logger.ts';

type Redact = Parameters<typeof createLog>[0]['redact'];

function logInto(level: LogLevel = 'info', redact: Redact = (value) => value) {
  const lines: string[] = [];
  const destination = { write: (text: string) => void lines.push(text) };
  const log = createLog({ level, redact, destination });
  const records = (): Record<string, unknown>[] =>
    lines.map((text) => JSON.parse(text) as Record<string, unknown>);
  return { log, lines, records };
}

test('a line begins with level, time and message', () => {
  const { log, lines } = logInto();
  log.write({ level: 'info', message: 'step done', fields: { step: 'ready' }, at: 0 });
  assert.deepEqual(lines, [
    '{"level":"info","time":"1970-01-01T00:00:00.000Z","message":"step done","step":"ready"}\n',
  ]);
});

test('what is below the level is not written', () => {
  const { log, records } = logInto('warn');
  log.write({ level: 'info', message: 'quiet' });
  log.write({ level: 'warn', message: 'loud' });
  assert.deepEqual(
    records().map((one) => one['message']),
    ['loud'],
  );
});

test('a secret is taken out of messages, fields and errors; the name of a system that holds it stays', async () => {
  const env = { PASSWORD: 'production' };
  const redactor = createRedactor({ env, readFile: async () => '', reader: 'the worker' });
  await redactor.learn({
    name: 'shop-production',
    directory: '/',
    references: [{ where: 'services.api', reference: { env: 'PASSWORD' } }],
  });
  const { log, lines } = logInto('info', (value, names) => redactor.redact(value, names));
  log.write({
    level: 'warn',
    message: 'told production',
    fields: {
      operation: 'deploy/shop-production/api/v2',
      reason: 'shop-production said production',
      deep: [{ error: new Error('production') }],
    },
  });
  const [text = ''] = lines;
  assert.match(text, /"reason":"shop-production said \[redacted\]"/);
  assert.match(text, /"message":"told \[redacted\]"/);
  assert.doesNotMatch(text.replaceAll('shop-production', ''), /production/);
});

test('what JSON cannot have does not break the log', () => {
  const circle: Record<string, unknown> = {};
  circle['self'] = circle;
  const { log, records } = logInto();
  log.write({ level: 'info', message: 'odd', fields: { circle, big: 1n, nothing: undefined } });
  const [record] = records();
  assert.equal(record?.['circle'], '(cannot be written as JSON)');
  assert.equal(record['big'], '1');
  assert.ok(!('nothing' in record));
});

const ACTIVITY = {
  workflowId: 'deploy/shop/api/v2',
  workflowRunId: 'r1',
  activityType: 'planOperation',
  attempt: 2,
  taskToken: 'long',
  isLocal: false,
};

function failed(error: unknown) {
  const { log, records } = logInto('debug');
  sdkLogger(log).warn('Activity failed', { ...ACTIVITY, error });
  return records()[0] ?? {};
}

test('a refusal of an activity is one line at info with its kind, without a stack', () => {
  const line = failed(ApplicationFailure.nonRetryable('the port is taken', 'Refused'));
  const { level, failure, reason, activity, runId, attempt } = line;
  assert.deepEqual(
    { level, failure, reason, activity, runId, attempt },
    {
      level: 'info',
      failure: 'Refused',
      reason: 'the port is taken',
      activity: 'planOperation',
      runId: 'r1',
      attempt: 2,
    },
  );
  assert.ok(!('error' in line) && !('taskToken' in line));
});

test('what is tried again or unexplained stays a warning; what nobody expects keeps its stack', () => {
  assert.equal(failed(ApplicationFailure.retryable('no answer', 'Unavailable'))['level'], 'warn');
  assert.equal(failed(ApplicationFailure.nonRetryable('?', 'Broken'))['level'], 'warn');
  const bug = failed(new TypeError('undefined is no function'));
  assert.equal(bug['level'], 'warn');
  assert.match(JSON.stringify(bug['error']), /log\.test/);
});

test('a workflow that failed has said its outcome itself: the line of the SDK is for debugging', () => {
  const { log, records } = logInto('debug');
  sdkLogger(log).warn('Workflow failed', { error: new Error('rolled back') });
  const { level, reason } = records()[0] ?? {};
  assert.deepEqual({ level, reason }, { level: 'debug', reason: 'rolled back' });
});

test('a line keeps the time at which it was said', () => {
  const { log, records } = logInto();
  sdkLogger(log).info('late', { [Symbol.for('log_timestamp')]: 1_500_000_000_000_000_000n });
  assert.equal(records()[0]?.['time'], '2017-07-14T02:40:00.000Z');
});
