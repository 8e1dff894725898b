// The registries of kinds: one line per platform, one per datastore. Nothing else in config/ names a kind.
import type { PlatformCapabilities } from '../domain/capabilities.ts';
import { files } from '../datastores/files/settings.ts';
import { firestore } from '../datastores/firestore/settings.ts';
import { mongodb } from '../datastores/mongodb/settings.ts';
import { postgres } from '../datastores/postgres/settings.ts';
import { redis } from '../datastores/redis/settings.ts';
import { kubernetes } from '../platforms/kubernetes/settings.ts';
import { local } from '../platforms/local/settings.ts';
import type { PlatformSettings } from './kind-settings.ts';

export const PLATFORMS = { local, kubernetes };

/** What the platform of a service can do for it. */
export function capabilitiesOf(service: {
  platform: keyof typeof PLATFORMS;
}): PlatformCapabilities {
  const kind: PlatformSettings<never> = PLATFORMS[service.platform];
  return kind.capabilitiesWith?.(service as never) ?? kind.capabilities;
}

export const DATASTORES = { files, firestore, mongodb, postgres, redis };

export type DatastoreKind = keyof typeof DATASTORES;
