// What a system file says of a datastore of kind redis, a whole server, and what this kind can do.
import type { DatastoreSettings } from '../../config/kind-settings.ts';
import { server } from '../../config/terms.ts';

export const redis = {
  fields: server,
  needs: [],
  capabilities: {
    queries: false,
    heartbeats: false,
    copyLogin: ['user', 'password'],
    counts: 'keys',
    exchange: 'swap',
    look: null,
    place: ['host', 'port'],
    defaultPlace: { host: '127.0.0.1', port: 6379 },
  },
} as const satisfies DatastoreSettings<unknown>;
