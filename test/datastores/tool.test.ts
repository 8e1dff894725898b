// What the end of a tool says: its own exit code is its verdict, a signal is nobody's.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findProgram, runTool } from '../../src/datastores/tool.ts';
import { fails } from '../support/fails.ts';
import { waiting } from '../support/local-daemon.ts';

const run = (script: string) =>
  runTool({
    ...{ program: '/bin/sh', args: ['-c', script], env: {}, directory: '/' },
    signal: waiting().signal,
  });

test('a tool that exits with an error has said no', async () => {
  const failure = await fails('CheckFailed', run('echo "not so" >&2; exit 3'));
  assert.equal(failure.message, 'not so (sh -c echo "not so" >&2; exit 3 exited with 3)');
});

test('a failure begins with the line that says why, whatever stands before and after it', async () => {
  const failure = await fails(
    'CheckFailed',
    run(
      'echo "dumping" >&2; echo "pg_dump: error: permission denied for table o" >&2; echo "pg_dump: detail: Query was: LOCK TABLE" >&2; exit 1',
    ),
  );
  assert.match(
    failure.message,
    /^pg_dump: error: permission denied for table o \(sh .* exited with 1; it said besides: dumping pg_dump: detail: Query was: LOCK TABLE\)$/,
  );
});

test('a tool that said nothing is told to have said nothing', async () => {
  const failure = await fails('CheckFailed', run('exit 2'));
  assert.equal(failure.message, 'sh -c exit 2 exited with 2: it said nothing');
});

for (const signal of ['KILL', 'SEGV', 'TERM']) {
  test(`a tool that is ended by SIG${signal} has said nothing`, async () => {
    const failure = await fails('Unavailable', run(`echo "so far" >&2; kill -${signal} $$`));
    assert.match(failure.message, new RegExp(`^so far \\(sh .* was ended by SIG${signal}\\)$`));
  });
}

for (const code of [126, 127]) {
  test(`a tool that could not be run, exit ${code}, has said nothing, and will not`, async () => {
    const failure = await fails('Unsupported', run(`echo "tool: not found" >&2; exit ${code}`));
    assert.match(failure.message, new RegExp(`^tool: not found \\(sh .* exited with ${code}\\)$`));
  });
}

test('a program that is nowhere, or may not be run, is not tried again', async () => {
  const nowhere = await fails('Unsupported', findProgram('no-such-program', ['/opt/none']));
  assert.equal(
    nowhere.message,
    'there is no program no-such-program (looked in /opt/none, PATH); install it where the worker runs',
  );
  const tool = { args: [], env: {}, directory: '/', signal: waiting().signal };
  const refused = await fails('Unsupported', runTool({ ...tool, program: '/etc/passwd' }));
  assert.match(refused.message, /^passwd could not be started: .*EACCES/);
});
