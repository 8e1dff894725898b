// A bad version: every fifth API request fails with 500 while /health stays fine.
import { delinquency } from '../app/portfolio.mjs';
import { serve } from '../app/server.mjs';

serve({
  version: 'v3-errors',
  routes: { '/api/delinquency': delinquency },
  beforeApi: async (count) =>
    count % 5 === 0 ? { status: 500, error: 'the exchange rates could not be read' } : undefined,
});
