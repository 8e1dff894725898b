import { serve } from '../app/server.mjs';

serve({ version: 'v1' });
