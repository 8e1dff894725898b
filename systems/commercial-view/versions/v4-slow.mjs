// A bad version: every API request takes 400 ms longer while /health stays fine.
import { setTimeout as wait } from 'node:timers/promises';
import { delinquency } from '../app/portfolio.mjs';
import { serve } from '../app/server.mjs';

serve({
  version: 'v4-slow',
  routes: { '/api/delinquency': delinquency },
  beforeApi: async () => {
    await wait(400);
    return undefined;
  },
});
