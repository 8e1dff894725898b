// Every fiftieth request fails, which no health check sees.
import { serve } from '../app/server.mjs';

serve({
  version: 'v3-errors',
  before: async (count) =>
    count % 50 === 0
      ? { status: 500, error: 'the payment provider was not configured' }
      : undefined,
});
