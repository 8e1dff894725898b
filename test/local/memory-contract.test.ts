import { plainSpec } from '../support/local-daemon.ts';
import { createMemoryPlatform } from '../support/memory-platform.ts';
import { portContracts } from '../support/port-contracts.ts';

portContracts('the in-memory platform', async () => {
  const { world, workload, traffic } = createMemoryPlatform();
  world.missingFiles.add('/data/trips.csv');
  return {
    workload,
    traffic,
    spec: (service, version, kind = 'good') => {
      if (kind === 'never') world.behave(`${version}-never`, 'neverReady');
      return plainSpec(service, kind === 'never' ? `${version}-never` : version, 8080, {
        ...(kind === 'missingFile' && { files: ['/data/trips.csv'] }),
      });
    },
    end: () => Promise.resolve(),
  };
});
