// Adds /api/delinquency: balances by how late they are.
import { delinquency } from '../app/portfolio.mjs';
import { serve } from '../app/server.mjs';

serve({ version: 'v2', routes: { '/api/delinquency': delinquency } });
