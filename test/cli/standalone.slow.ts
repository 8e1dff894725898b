// A recovery by a Fairlead of its own (another data folder, another Temporal) over the same object store, while the main one still
// runs and recovers the same system: the newer of the two exchanges, the other one changes nothing and ends as preempted.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { networkOfItsOwn } from '../../src/embedded/private/private-server.ts';
import { saying, startUp } from '../support/up/whole-up.ts';

const KEPT = {
  name: 'kept',
  rollout: '      canary: { steps: [{ weight: 50, bake: 0s }], watch: 0s }\n',
  more: 'datastores:\n  data: { kind: files, directory: data }\nrecovery: { admit: [100] }\n',
};
const up = await startUp([KEPT]);
const home = join(up.folder, 'systems', 'kept');
const second = join(up.folder, 'second');
const env = { FAIRLEAD_DATA: second, FAIRLEAD_OBJECTS: join(up.data, 'objects') };
const cli = process.env['FAIRLEAD_TEST_TEMPORAL_CLI'];
const other = up.start(
  `up --json --port 0 --ui-port 0 --data ${second} --systems ${join(up.folder, 'systems')}`,
  { ...env, ...(cli !== undefined && { FAIRLEAD_TEMPORAL_CLI: cli }) },
);
after(async () => {
  other.kill('SIGINT');
  await other.ended;
  await up.stop();
});

const third = join(up.folder, 'third');
const alone = {
  ...{ FAIRLEAD_DATA: third },
  ...(cli !== undefined && { FAIRLEAD_TEMPORAL_CLI: cli }),
};
const RECOVER = `recover kept --as ci --standalone --objects ${join(up.data, 'objects')} --systems ${join(up.folder, 'systems')}`;

const live = () => readlinkSync(join(home, 'data.generations', 'current'));

test('of two Fairleads that recover one system only the newer one exchanges', async () => {
  await up.exits(0, 'deploy kept/api v1');
  await up.exits(0, 'backup kept');
  writeFileSync(join(home, 'data', 'late.csv'), 'late\n');
  const main = up.start('recover kept --as ci');
  await saying(main, 'waiting at exchange');
  while (!other.output.stdout.includes('\n')) await sleep(50);
  const standalone = up.start('recover kept --as ci', env);
  await saying(standalone, 'waiting at exchange');
  // What the main one was asked about is fenced by another one meanwhile.
  await up.exits(0, 'approve recover/kept --gate exchange --as ana');
  const { code, stdout, stderr } = await main.ended;
  assert.equal(code, 8, stdout);
  assert.match(`${stdout}${stderr}`, /preempted: .*a newer change was there first/);
  assert.match(live(), /^fenced-/);
  await up.exits(0, 'approve recover/kept --gate exchange --as ana', env);
  const end = await standalone.ended;
  assert.equal(end.code, 0, end.stdout);
  assert.match(live(), /^gen-\d+$/);
  assert.notEqual(live(), 'gen-1');
  assert.ok(!existsSync(join(home, 'data', 'late.csv')));
  assert.ok(existsSync(join(home, 'data.generations', 'gen-1', 'late.csv')));
  // Its users are the main one's to let in.
  await up.exits(0, 'admit kept');
});

test('a recovery brings its own Temporal, ends it, and the same command goes on with what was interrupted', async () => {
  const before = live();
  const first = up.start(RECOVER, alone);
  await saying(first, 'waiting at exchange');
  first.kill('SIGINT');
  const left = await first.ended;
  assert.equal(left.code, 130, left.stderr);
  assert.match(left.stderr, /recover\/kept is not over, and stands still/);
  assert.ok(!existsSync(join(third, 'up.json')));
  assert.match(live(), /^fenced-/);
  const again = up.start(RECOVER, alone);
  await saying(again, 'joined');
  await saying(again, 'waiting at exchange');
  await up.exits(0, 'approve recover/kept --gate exchange --as ana', { FAIRLEAD_DATA: third });
  const { code, stdout } = await again.ended;
  assert.equal(code, 0, stdout);
  assert.match(live(), /^gen-\d+$/);
  assert.notEqual(live(), before);
  assert.ok(!existsSync(join(third, 'up.json')));
});

const noNetwork = await networkOfItsOwn().then(
  () => false,
  (error: unknown) => String(error),
);

test(
  'nobody answers a recovery by the address of its private Temporal',
  { skip: noNetwork },
  async () => {
    const fourth = join(up.folder, 'fourth');
    const apart = up.start(`${RECOVER} --private`, { ...alone, FAIRLEAD_DATA: fourth });
    await saying(apart, 'waiting at exchange');
    const where = JSON.parse(readFileSync(join(fourth, 'up.json'), 'utf8')) as { address: string };
    const approve = 'approve recover/kept --gate exchange --as ana';
    await up.exits(5, approve, { TEMPORAL_ADDRESS: where.address });
    await up.exits(0, approve, { FAIRLEAD_DATA: fourth });
    const { code, stdout } = await apart.ended;
    assert.equal(code, 0, stdout);
  },
);

test('a recovery by its own Temporal says what is missing before anything is started', async () => {
  for (const [args, why] of [
    ['recover kept --standalone --no-wait --objects .', /leave --no-wait out/],
    ['recover kept --standalone', /needs --objects FOLDER/],
    ['recover kept --standalone --objects systems', /no object store/],
    [`recover other --standalone --objects ${join(up.data, 'objects')}`, /there are none/],
    ['recover kept --objects systems', /give --standalone too/],
    ['recover kept --private', /--private .* give --standalone too/],
  ] as const) {
    const { stderr } = await up.exits(2, args, { ...alone, FAIRLEAD_OBJECTS: '' });
    assert.match(stderr, why);
  }
  assert.ok(!existsSync(join(third, 'up.json')));
});
