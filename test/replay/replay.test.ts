// Every recorded history, closed or in flight, replays on the workflow code as it is now.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { historyFromJSON } from '@temporalio/common/lib/proto-utils.js';
import { Worker } from '@temporalio/worker';
import { COURSES } from './courses.ts';
import { workflowBundle } from '../support/operations.ts';

const folder = resolve(import.meta.dirname, 'histories');
const payloadConverterPath = resolve(import.meta.dirname, '../../src/payload-converter.ts');
const files = readdirSync(folder).filter((name) => name.endsWith('.json'));

function historyIn(name: string) {
  return historyFromJSON(JSON.parse(readFileSync(resolve(folder, name), 'utf8')));
}

async function replayed(
  histories: { workflowId: string; history: ReturnType<typeof historyIn> }[],
) {
  const options = { ...workflowBundle(), dataConverter: { payloadConverterPath } };
  const errors = new Map<string, string>();
  for await (const { workflowId, error } of Worker.runReplayHistories(options, histories)) {
    if (error !== undefined) errors.set(workflowId, error.message);
  }
  return errors;
}

test('there is a history of every course', () => {
  assert.deepEqual(
    files.sort(),
    Object.keys(COURSES)
      .map((name) => `${name}.json`)
      .sort(),
  );
});

test('every recorded history replays', async () => {
  // What a freeze is about stands in its id.
  const histories = files.map((name) => {
    const history = historyIn(name);
    const { workflowId } = history.events?.[0]?.workflowExecutionStartedEventAttributes ?? {};
    return { workflowId: workflowId ?? name, history };
  });
  assert.deepEqual([...(await replayed(histories))], []);
});

test('a history of another order of steps does not replay', async () => {
  const history = historyIn('scale.json');
  const scheduled = (history.events ?? []).flatMap(
    (event) => event.activityTaskScheduledEventAttributes ?? [],
  );
  const [first] = scheduled;
  assert.ok(first?.activityType);
  first.activityType.name = 'somethingElse';
  const errors = await replayed([{ workflowId: 'changed', history }]);
  assert.match(errors.get('changed') ?? '', /nondeterminism/i);
});
