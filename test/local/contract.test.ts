import { join } from 'node:path';
import { freePorts } from '../support/free-ports.ts';
import { plainSpec, TestHost } from '../support/local-daemon.ts';
import { portContracts } from '../support/port-contracts.ts';

portContracts('the local host', async () => {
  const host = await TestHost.start();
  const ports = new Map((await freePorts(30)).map((port, index) => [`api-${index + 1}`, port]));
  return {
    ...host.platform,
    spec: (service, version, kind = 'good') =>
      plainSpec(service, version, ports.get(service.service) ?? 0, {
        ...(kind === 'never' && { configuration: { HEALTH: 'never' } }),
        ...(kind === 'missingFile' && { files: [join(host.data, 'trips.csv')] }),
      }),
    end: () => host.end(),
  };
});
