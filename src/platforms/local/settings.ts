// What a system file says of a service on the platform local, processes of one machine, and what this platform can do.
import { z } from 'zod';
import type { PlatformSettings } from '../../config/kind-settings.ts';
import { addressRange, host, leavesFolder, path, staysInside, text } from '../../config/terms.ts';

const fields = {
  directory: path.default('.').meta({
    meaning: 'Where the command runs, from the folder of the system.',
    example: 'versions',
  }),
  user: z.exactOptional(
    text(/^(?:[a-z_][a-z0-9_-]{0,31}|\d{1,10})$/, 'the name or the number of a user').meta({
      meaning:
        'Whom its processes run as, where Fairlead runs as root; without it the owner of the folder that the command runs in. So that a service reads neither the keys nor the records of Fairlead.',
      example: 'shop',
    }),
  ),
  host: host.default('127.0.0.1').meta({
    meaning: 'The address that users reach it at; 0.0.0.0 is every address of this machine.',
  }),
  trustedProxies: z.exactOptional(
    z.array(addressRange).meta({
      meaning:
        'Proxies before it, as addresses and ranges. What they write into X-Forwarded-For, X-Forwarded-Proto, X-Forwarded-Host, X-Real-IP and Forwarded is passed on; what anybody else writes there is dropped.',
      example: ['10.0.0.0/8'],
    }),
  ),
};

const REVISION = ['system', 'service', 'revision', 'version'] as const;

export const local = {
  fields,
  metrics: {
    fairlead_requests_total: { type: 'counter', labels: [...REVISION, 'code', 'probe'] },
    fairlead_request_duration_seconds: { type: 'histogram', labels: [...REVISION, 'probe'] },
    fairlead_revision_weight: { type: 'gauge', labels: REVISION },
    fairlead_revision_ready_replicas: { type: 'gauge', labels: REVISION },
  },
  capabilities: {
    program: 'command',
    replicas: 'counted',
    scaleToZero: true,
    restart: true,
    weights: 'fractional',
    unready: 'others',
    partialAdmission: 'sticky',
    preview: 'address',
    whoAnswered: 'platform',
    epoch: 'atomic',
    patience: 3_000,
    changes: 'asked',
    settle: false,
    isolation: true,
  },
  remarks: ({ directory }, folders) =>
    staysInside(directory, folders)
      ? []
      : [{ path: ['directory'], message: leavesFolder(directory) }],
} as const satisfies PlatformSettings<z.output<z.ZodObject<typeof fields>>>;
