// Starts, and is never ready.
import { serve } from '../app/server.mjs';

serve({ version: 'v3-never', ready: () => false });
