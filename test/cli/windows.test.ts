// `fairlead windows` as a process of its own, beside a worker on a real server: what it prints and exits with.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { runCli, type CliResult } from '../support/run-cli.ts';
import { openShop, type Shop } from '../support/shop.ts';
import { testServer } from '../support/temporal-server.ts';

let shop: Shop;
let run: (...words: string[]) => Promise<CliResult>;
before(async () => {
  const { address } = await testServer();
  shop = await openShop();
  const env = { TEMPORAL_ADDRESS: address, FAIRLEAD_TASK_QUEUE: shop.worker.taskQueue };
  // Whose clocks the machine goes by is of no account.
  run = (...words) => runCli(['windows', ...words], { ...env, TZ: 'Pacific/Auckland' });
});
after(() => shop.worker.stop());

const nights = () =>
  shop.live({
    changes: {
      allow: [
        { on: ['saturday'], from: '21:00', to: '05:00', zone: 'Europe/Berlin', why: 'nights' },
      ],
      freeze: [
        {
          ...{ from: '2027-12-20T18:00', to: '2028-01-04T08:00', zone: 'Europe/Berlin' },
          why: 'the holidays',
        },
      ],
    },
  });

test('says whether a window is open, over the night in which clocks are put forward', async () => {
  const system = nights();
  const during = await run(system, '--at', '2027-03-28T00:30:00Z');
  assert.deepEqual([during.code, during.stderr], [0, '']);
  assert.match(
    during.stdout,
    /^\S+ at 2027-03-28T00:30:00\.000Z: open until 2027-03-28T03:00:00\.000Z\n/,
  );
  const after = await run(system, '--at', '2027-03-28T03:00:00Z', '--json');
  const { open, next } = JSON.parse(after.stdout) as { open: boolean; next: string };
  assert.deepEqual([open, next], [false, '2027-04-03T19:00:00.000Z']);
});

test('says which freeze of the file holds, and what opens after it', async () => {
  const { stdout } = await run(nights(), '--at', '2027-12-25T21:00:00+01:00');
  assert.match(stdout, /: closed, opens at 2028-01-08T20:00:00\.000Z\n {2}.*the holidays/);
});

test('a system without windows is open, a time without a zone and an unknown system are refused', async () => {
  const always = await run(shop.live());
  assert.match(always.stdout, /: open\n/);
  const local = await run(shop.live(), '--at', '2027-12-25T21:00:00');
  assert.deepEqual([local.code, local.stdout], [2, '']);
  assert.match(local.stderr, /--at is "2027-12-25T21:00:00", allowed: a time with its zone/);
  assert.equal((await run('nowhere')).code, 2);
});
