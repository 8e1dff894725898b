// Kubernetes as a platform: revisions are Deployments, users go by the weights of a route of the Gateway API.
import type { Platform } from '../../ports/platform.ts';
import { createReach } from './reach.ts';
import { kubernetes } from './settings.ts';
import { kubernetesTraffic } from './traffic.ts';
import { kubernetesWorkload } from './workload.ts';

/** `kubeconfig`: the file to read in the place of what KUBECONFIG says. */
export function createKubernetesPlatform(input: { kubeconfig?: string } = {}): Platform {
  const reach = createReach(input);
  return {
    workload: kubernetesWorkload(reach),
    traffic: kubernetesTraffic(reach),
    capabilities: kubernetes.capabilities,
    capabilitiesFor: ({ platform }) =>
      platform.kind === 'kubernetes'
        ? kubernetes.capabilitiesWith(platform)
        : kubernetes.capabilities,
  };
}
