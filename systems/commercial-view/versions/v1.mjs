// The first version: /health, /api/portfolio, /api/loans.
import { serve } from '../app/server.mjs';

serve({ version: 'v1' });
