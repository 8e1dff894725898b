// The adapter keeps what every platform promises, on a real API server and through a real gateway, with the rights of the Role
// that is shipped.
import { portContracts } from '../support/port-contracts.ts';
import { contractPlatform } from '../support/kubernetes/fairlead.ts';
import { onCluster } from '../support/kubernetes/shared.ts';

onCluster((cluster) => {
  portContracts('kubernetes', async () => contractPlatform(await cluster()));
});
