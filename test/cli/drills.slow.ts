// Drills that fail or are aborted, through the real command line beside one real `fairlead up`. The tests build on each
// other, in the order in which they stand here.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { NAMESPACES, nothingLeft, startDrilledUp } from '../support/up/drilled-up.ts';
import { field, saying } from '../support/up/whole-up.ts';

const up = await startDrilledUp();
after(() => up.stop());

test(
  'a drill of a service that cannot read what was backed up fails with 3',
  NAMESPACES,
  async () => {
    const loans = join(up.folder, 'systems', 'drilled', 'data', 'loans.csv');
    const whole = readFileSync(loans);
    // The replicas that run have read it already.
    writeFileSync(loans, 'loan_id\n');
    const taken = (await up.exits(0, 'backup drilled --json')).stdout;
    writeFileSync(loans, whole);
    // A file that lost its rows is odd: taken only when somebody says that it is fine.
    const id = String(field(taken, 'backups.0.id'));
    await up.exits(0, `backups accept ${id} --reason test`);
    const { stdout } = await up.exits(3, 'drill drilled');
    assert.match(stdout, /^drill\/drilled: failed: start-api: api .* does not run on the copy/);
    nothingLeft(up);
  },
);

test(
  'a drill whose backup lost a file fails before the service is started',
  NAMESPACES,
  async () => {
    const taken = (await up.exits(0, 'backup drilled --json')).stdout;
    const id = String(field(taken, 'backups.0.id'));
    const [, , time = ''] = id.split('/');
    const folder = join(
      'objects',
      'drilled',
      'portfolio',
      time.slice(0, 4),
      time.slice(4, 6),
      time,
    );
    const stored = readdirSync(join(up.data, folder), { recursive: true, withFileTypes: true });
    const object = stored.find(
      (entry) => entry.isFile() && !join(entry.parentPath, entry.name).includes('manifest.json'),
    );
    assert.ok(object !== undefined);
    rmSync(join(object.parentPath, object.name));
    const { stdout } = await up.exits(3, 'drill drilled');
    assert.match(stdout, /failed: portfolio: artefact: .*not run: loads, complete, correct/);
    nothingLeft(up);
  },
);

test('a drill that is aborted leaves nothing', NAMESPACES, async () => {
  await up.exits(0, 'backup drilled');
  const drill = up.start('drill drilled');
  await saying(drill, 'started');
  await up.run('abort drill/drilled');
  await drill.ended;
  nothingLeft(up);
});
