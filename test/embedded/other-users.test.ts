import assert from 'node:assert/strict';
import { test } from 'node:test';
import { otherPeople } from '../../src/embedded/other-users.ts';

const PASSWD = `root:x:0:0:root:/root:/bin/bash
daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin
sync:x:4:65534:sync:/bin:/bin/sync
nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin
ana:x:1000:1000:Ana:/home/ana:/bin/bash
ben:x:1001:1001::/home/ben:/bin/zsh
mail:x:1002:1002::/var/mail:/bin/false
broken line
`;

test('people with a login are others, and neither services nor oneself', () => {
  assert.deepEqual(otherPeople(PASSWD, 1000), ['ben']);
  assert.deepEqual(otherPeople(PASSWD, 0), ['ana', 'ben']);
  assert.deepEqual(otherPeople('', 0), []);
});
