// Channels of `notify:`: what `check` says of them.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { schemaAt, systemJsonSchema } from '../../src/config/reading/json-schema.ts';
import { secretSource } from '../../src/domain/loaded-system.ts';
import { sampleSystem } from '../support/samples.ts';
import { mistakesIn, SHOP, testMistakes } from '../support/system-files.ts';

const telling = (channel: string): string => `${SHOP}notify:\n  ops: ${channel}\n`;
const MAIL = 'type: smtp, host: mail.example.com, from: a@example.com, to: [b@example.com]';

testMistakes([
  ['finds nothing wrong with a console', telling('{ type: console }'), []],
  [
    'finds nothing wrong with a file for some events',
    telling('{ type: file, events: [ended] }'),
    [],
  ],
  [
    'finds nothing wrong with a webhook whose secrets are elsewhere',
    telling('{ type: webhook, url: { env: HOOK }, headers: { authorization: { file: t } } }'),
    [],
  ],
  [
    'finds nothing wrong with a chat of our own',
    telling('{ type: slack, url: "http://127.0.0.1:8065/hooks/x" }'),
    [],
  ],
  [
    'finds nothing wrong with a mail server that wants a password',
    telling(`{ ${MAIL}, port: 465, secure: true, user: ops, password: { env: P } }`),
    [],
  ],
  [
    'names the types there are',
    telling('{ type: slak, url: "http://a" }'),
    [
      '17: notify.ops.type: "slak" is not allowed (did you mean slack?); write console or file or webhook or slack or smtp',
    ],
  ],
  [
    'names the events there are',
    telling('{ type: console, events: [gat] }'),
    [
      '17: notify.ops.events.0: "gat" is not allowed (did you mean gate?); write gate or reminder or escalation or parked or asked or ended or unproven or proven or overdue or paging or incident or statusPage',
    ],
  ],
  [
    'refuses an event that is named twice, and no event',
    `${telling('{ type: console, events: [gate, gate] }')}  none: { type: console, events: [] }\n`,
    [
      '17: notify.ops.events: an event is named twice; name each once',
      '18: notify.none.events: an empty list is not allowed; write a list of gate, reminder, escalation, parked, asked, ended, unproven, proven, overdue, paging, incident, statusPage',
    ],
  ],
  [
    'names what a channel needs',
    `${telling('{ type: webhook }')}  mail: { type: smtp, host: a }\n`,
    [
      '17: notify.ops: url is missing; a channel of type webhook has url',
      '18: notify.mail: from is missing; a channel of type smtp has host, from, to',
      '18: notify.mail: to is missing; a channel of type smtp has host, from, to',
    ],
  ],
  [
    'refuses what is for another type',
    telling('{ type: slack, url: { env: S }, headers: { a: b }, host: c }'),
    [
      '17: notify.ops.headers: headers is for type: webhook; remove it',
      '17: notify.ops.host: host is for type: smtp; remove it',
    ],
  ],
  [
    'refuses secrets in the file',
    `${telling('{ type: slack, url: "https://hooks.slack.com/services/T/B/x" }')}  hook: { type: webhook, url: "https://u:p@a.example", headers: { Authorization: x } }\n  mail: { ${MAIL}, user: a, password: secret }\n`,
    [
      '17: notify.ops.url: this address is a secret, for whoever has it can write there; write {env: NAME}',
      '18: notify.hook.url: a password does not belong into an address; write url: {env: NAME}',
      '18: notify.hook.headers.Authorization: a secret does not belong into this file; write {env: NAME} or {file: PATH}',
      '19: notify.mail.password: "secret" is not allowed; write a secret as {env: NAME} or {file: PATH}',
    ],
  ],
  [
    'takes no address of a chat but one of this machine',
    `${telling('{ type: slack, url: "http://localhost:8065/hooks/x" }')}  six: { type: slack, url: "http://[::1]:8065/hooks/x" }\n  far: { type: slack, url: "https://chat.example.com/hooks/x" }\n  near: { type: slack, url: "http://127.evil.example/hooks/x" }\n`,
    [
      '19: notify.far.url: this address is a secret, for whoever has it can write there; write {env: NAME}',
      '20: notify.near.url: this address is a secret, for whoever has it can write there; write {env: NAME}',
    ],
  ],
  [
    'takes no value of a header that is named like a secret',
    telling(
      '{ type: webhook, url: "http://a", headers: { Cookie: x, Proxy-Authorization: x, X-API-Key: x, private-token: x, x-hook-secret: x, x-team: x, x-tokens: x, x-key: { env: K } } }',
    ),
    ['Cookie', 'Proxy-Authorization', 'X-API-Key', 'private-token', 'x-hook-secret'].map(
      (name) =>
        `17: notify.ops.headers.${name}: a secret does not belong into this file; write {env: NAME} or {file: PATH}`,
    ),
  ],
  [
    'refuses a name without its password',
    telling(`{ ${MAIL}, user: ops }`),
    ['17: notify.ops.user: user is there and password is not; write both'],
  ],
  [
    'refuses an address that is none',
    telling('{ type: smtp, host: a, from: "Ops <a@example.com>", to: ["a@b, c@d"] }'),
    [
      '17: notify.ops.from: "Ops <a@example.com>" is not allowed; write a mail address such as ops@example.com, and nothing else',
      '17: notify.ops.to.0: "a@b, c@d" is not allowed; write a mail address such as ops@example.com, and nothing else',
    ],
  ],
  [
    'names what is known of a channel',
    telling('{ type: console, evnets: [gate] }'),
    [
      '17: notify.ops.evnets: unknown key (did you mean events?); known here: type, events, url, headers, host, port, secure, requireTls, user, password, from, to',
    ],
  ],
]);

test('the schema for editors knows the channels', () => {
  assert.ok(systemJsonSchema().properties?.['notify']);
  assert.ok(schemaAt(['notify', 'ops', 'events']));
});

test('every secret of a channel is looked up for the redactor', () => {
  const loaded = sampleSystem(
    {},
    {
      notify: {
        chat: { type: 'slack', url: { env: 'SLACK' } },
        hook: { type: 'webhook', url: 'http://a', headers: { authorization: { env: 'TOKEN' } } },
        mail: {
          type: 'smtp',
          host: 'a',
          from: 'a@b',
          to: ['c@d'],
          user: { env: 'USER' },
          password: { file: 'pass' },
        },
      },
    },
  );
  assert.deepEqual(
    secretSource(loaded).references.map(({ where, reference }) => [where, reference]),
    [
      ['notify.chat.url', { env: 'SLACK' }],
      ['notify.hook.headers.authorization', { env: 'TOKEN' }],
      ['notify.mail.user', { env: 'USER' }],
      ['notify.mail.password', { file: 'pass' }],
    ],
  );
});

test('what docs/notify.md shows is right', async (t) => {
  const page = await readFile(resolve(import.meta.dirname, '../../docs/notify.md'), 'utf8');
  const shown = /```yaml\n(notify:[^]*?)```/.exec(page)?.[1];
  assert.deepEqual(await mistakesIn(t, `${SHOP}${shown ?? assert.fail('no example')}`), []);
});
