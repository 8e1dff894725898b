// A Kubernetes cluster for tests and demonstrations: a real control plane and a real gateway on the loopback; pods are
// real processes on addresses of their own, run by an agent of ours. No container, no kubelet, no network policy.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Api } from './api.ts';
import { startControlPlane, type ControlPlane, type User } from './control-plane.ts';
import { startGateway, type Gateway } from './gateway.ts';
import { claimPodNetwork } from './network.ts';
import { startPodAgent, type PodAgent } from './pod-agent.ts';
import type { Images } from './pod.ts';
import { findKubernetes } from './programs.ts';

export interface Cluster {
  /** As a member of system:masters. */
  api: Api;
  controlPlane: ControlPlane;
  gateway: Gateway;
  agent: PodAgent;
  /** Path of a file; each has a user, `admin` or one of those that were asked for, and a namespace. */
  kubeconfig: ControlPlane['kubeconfig'];
  /** The program, for what is done as people do it. */
  helm: string;
  stop: () => Promise<void>;
}

export interface ClusterInput {
  images: Images;
  nodes?: readonly string[];
  users?: readonly User[];
}

export const WITHOUT_KUBERNETES =
  'missing part: kubernetes (npm run parts -- kubernetes builds it)';

/** Answers once its nodes take pods and its gateway answers. Throws where a part of it is missing. */
export async function startCluster({
  images,
  nodes = ['node-1', 'node-2'],
  users = [],
}: ClusterInput): Promise<Cluster> {
  const programs = findKubernetes();
  if (programs === undefined) throw new Error(WITHOUT_KUBERNETES);
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-kubernetes-'));
  const ends: (() => Promise<void>)[] = [
    async () => {
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  ];
  const stop = async (): Promise<void> => {
    for (const end of ends.splice(0).reverse()) await end();
  };
  try {
    const network = await claimPodNetwork();
    ends.push(network.end);
    const gatewayUser = { name: 'gateway', groups: ['system:masters'] };
    const everybody = [gatewayUser, ...users];
    const controlPlane = await startControlPlane({
      ...{ programs, folder, node: network.host, users: everybody },
    });
    ends.push(controlPlane.stop);
    const { api, certificate, kubeconfig } = controlPlane;
    const agent = await startPodAgent({ api, network, nodes, images, certificate });
    ends.push(agent.stop);
    const gateway = await startGateway({
      ...{ api, folder, access: controlPlane.access(gatewayUser.name) },
      ...{ authority: certificate.certificate },
      ...{ program: programs.traefik, definitions: programs.definitions },
    });
    ends.push(() => gateway.part.stop());
    return { api, controlPlane, gateway, agent, kubeconfig, helm: programs.helm, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
