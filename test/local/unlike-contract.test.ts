import { calledByName } from '../support/called-platform.ts';
import { plainSpec } from '../support/local-daemon.ts';
import { createUnlikePlatform } from '../support/memory/unlike-platform.ts';
import { portContracts } from '../support/port-contracts.ts';
import { createVirtualClock } from '../support/virtual-clock.ts';

const LAG_MS = 5_000;

portContracts('a platform that is unlike the local host', async () => {
  const clock = createVirtualClock();
  const { world, ...platform } = createUnlikePlatform({ clock, lag: LAG_MS });
  world.missingFiles.add('/data/trips.csv');
  return {
    ...calledByName(platform),
    spec: (service, version, kind = 'good') => {
      if (kind === 'never') world.behave(`${version}-never`, 'neverReady');
      return plainSpec(service, kind === 'never' ? `${version}-never` : version, 8080, {
        ...(kind === 'missingFile' && { files: ['/data/trips.csv'] }),
      });
    },
    pass: () => {
      clock.jump(LAG_MS);
    },
    end: () => Promise.resolve(),
  };
});
