// What a system file says of a datastore of kind postgres, one database of a server, and what this kind can do.
import { z } from 'zod';
import type { DatastoreSettings } from '../../config/kind-settings.ts';
import { database, server } from '../../config/terms.ts';

export const postgres = {
  fields: {
    host: server.host,
    port: server.port,
    database,
    user: server.user,
    password: server.password,
    maxLag: z.exactOptional(z.int().positive()).meta({
      meaning:
        'postgres: how many bytes of log a standby or slot may fall behind while a recovery restores beside; more than that ends the restore, and it asks. Without it 16000000000.',
      example: 4_000_000_000,
    }),
  },
  needs: ['database', 'user'],
  capabilities: {
    queries: true,
    heartbeats: true,
    copyLogin: ['user', 'password', 'database'],
    counts: 'rows',
    exchange: 'rename',
    look: 'apart',
    place: ['host', 'port', 'database'],
    defaultPlace: { host: '127.0.0.1', port: 5432 },
  },
} as const satisfies DatastoreSettings<unknown>;
