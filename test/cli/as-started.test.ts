// Commands that are printed can be pasted: the program as it was started, --as where it matters, odd names in quotes.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asTyped, KNOWN_VERBS, typingOf } from '../../src/cli/output/as-started.ts';
import { VERB_GROUPS } from '../../src/cli/verbs.ts';
import { namedRequester } from '../../src/cli/operation/who-approves.ts';
import { commandText } from '../../src/domain/text/command-text.ts';

const npx = { program: 'npx fairlead', as: undefined };

test('the program is named as it was started', () => {
  const agents: [string, NodeJS.ProcessEnv, string][] = [
    ['/usr/bin/fairlead', {}, 'fairlead'],
    ['/work/dist/client.js', {}, 'fairlead'],
    ['/x/node_modules/.bin/fairlead', {}, 'npx fairlead'],
    ['/x/node_modules/.bin/fairlead', { npm_command: 'exec' }, 'npx fairlead'],
    ['/x/dist/client.js', { npm_command: 'run-script' }, 'npx fairlead'],
    [
      '/x/node_modules/.bin/fairlead',
      { npm_command: 'exec', npm_config_user_agent: 'pnpm/9.1.0 node/v20' },
      'pnpm exec fairlead',
    ],
  ];
  for (const [script, env, program] of agents) {
    assert.equal(typingOf(['node', script], env).program, program, script);
  }
});

test('every verb is known', () => {
  const missing = VERB_GROUPS.flatMap(({ verbs }) => verbs).filter(
    (one) => !KNOWN_VERBS.includes(one),
  );
  assert.deepEqual(missing, []);
});

test('--as is found however it was typed', () => {
  assert.equal(typingOf(['node', 'x', 'deploy', '--as', 'ci'], {}).as, 'ci');
  assert.equal(typingOf(['node', 'x', 'deploy', '--as=ci'], {}).as, 'ci');
  assert.equal(typingOf(['node', 'x', 'deploy'], {}).as, undefined);
});

test('commands in sentences, lists and help are rewritten, and nothing else is', () => {
  const cases: [string, string][] = [
    ['see "fairlead status deploy/shop/api/v2"', 'see "npx fairlead status deploy/shop/api/v2"'],
    ['    fairlead approve x --gate y', '    npx fairlead approve x --gate y'],
    ['whether it runs (fairlead up starts it)', 'whether it runs (npx fairlead up starts it)'],
    ['  $ fairlead deploy shop/api v2', '  $ npx fairlead deploy shop/api v2'],
    ['npx fairlead up', 'npx fairlead up'],
    ['this is a bug in fairlead: it broke', 'this is a bug in fairlead: it broke'],
    ['the task queue "fairlead" of', 'the task queue "fairlead" of'],
    ['a cookie fairlead-client, else', 'a cookie fairlead-client, else'],
  ];
  for (const [text, typed] of cases) assert.equal(asTyped(text, npx), typed);
});

test('--as goes into commands that act, and into no approval', () => {
  const ci = { program: 'fairlead', as: 'ci' };
  assert.equal(
    asTyped('stop it with "fairlead abort deploy/a/b/v1"; look', ci),
    'stop it with "fairlead abort deploy/a/b/v1 --as ci"; look',
  );
  assert.equal(
    asTyped('    fairlead retry deploy/a/b/v1  (do the step again)', ci),
    '    fairlead retry deploy/a/b/v1 --as ci  (do the step again)',
  );
  const others = 'fairlead approve deploy/a/b/v1 --gate g, fairlead status deploy/a/b/v1';
  assert.equal(asTyped(others, ci), others);
  const help = '(see "fairlead run --help")';
  assert.equal(asTyped(help, ci), help);
  const odd = asTyped("fairlead abort 'my deploy (2)'", ci);
  assert.equal(odd, "fairlead abort 'my deploy (2)' --as ci");
});

test('a word that a shell would read otherwise is quoted', () => {
  const plain = 'fairlead approve deploy/shop/api/v2 --gate weight-25#2';
  assert.equal(commandText('approve', 'deploy/shop/api/v2', '--gate', 'weight-25#2'), plain);
  assert.equal(commandText('status', 'my deploy'), "fairlead status 'my deploy'");
  assert.equal(commandText('status', 'a$(id)'), "fairlead status 'a$(id)'");
  assert.equal(commandText('status', "it's"), `fairlead status 'it'\\''s'`);
  assert.equal(commandText('status', '#1'), "fairlead status '#1'");
});

test('whoever --as named is known from the memo of the run, and nobody else', () => {
  const request = { requestedBy: 'ci' };
  assert.equal(namedRequester({ request, named: true }), 'ci');
  assert.equal(namedRequester({ request, named: false }), undefined);
  assert.equal(namedRequester({ request }), undefined);
  assert.equal(namedRequester(undefined), undefined);
});
