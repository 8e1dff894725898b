import { join } from 'node:path';
import { freePort, plainSpec, TestHost } from '../support/local-daemon.ts';
import { portContracts } from '../support/port-contracts.ts';

portContracts('the local host', async () => {
  const host = await TestHost.start();
  const ports = new Map<string, number>();
  for (let i = 1; i <= 30; i += 1) ports.set(`api-${i}`, await freePort());
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
