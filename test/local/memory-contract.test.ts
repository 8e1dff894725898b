import { calledByName } from '../support/called-platform.ts';
import { plainSpec } from '../support/local-daemon.ts';
import { createMemoryPlatform } from '../support/memory/memory-platform.ts';
import { portContracts } from '../support/port-contracts.ts';

portContracts('the in-memory platform', async () => {
  const { world, ...platform } = createMemoryPlatform();
  world.missingFiles.add('/data/trips.csv');
  return {
    ...calledByName(platform),
    spec: (service, version, kind = 'good') => {
      if (kind === 'never') world.behave(`${version}-never`, 'neverReady');
      return plainSpec(service, kind === 'never' ? `${version}-never` : version, 8080, {
        ...(kind === 'missingFile' && { files: ['/data/trips.csv'] }),
      });
    },
    end: () => Promise.resolve(),
  };
});
