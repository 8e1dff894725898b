// Every request takes longer than the 300 ms that users were promised.
import { setTimeout as sleep } from 'node:timers/promises';
import { serve } from '../app/server.mjs';

serve({
  version: 'v3-slow',
  before: async () => {
    await sleep(600);
  },
});
