// A Kubernetes cluster of the tests. Each system has a namespace of its own name, and what dies is the API server.
import { createKubernetesPlatform } from '../../../src/platforms/kubernetes/adapter.ts';
import { calledByName } from '../called-platform.ts';
import { startCluster } from '../kubernetes/cluster.ts';
import { prepare, settingsOn, targetOn, USER } from '../kubernetes/fairlead.ts';
import { createNamespace } from '../kubernetes/objects.ts';
import { testImages } from '../kubernetes/images.ts';
import { awaitThat } from './await-that.ts';
import type { FaultGround } from './fault-ground.ts';

const SERVICE = 'api';

export async function clusterGround(): Promise<FaultGround> {
  const cluster = await startCluster({ images: testImages, users: [{ name: USER }] });
  const { api, controlPlane, agent } = cluster;
  const server = controlPlane.parts['kube-apiserver'];
  const kubeconfig = cluster.kubeconfig(USER);
  const platform = createKubernetesPlatform({ kubeconfig });
  return {
    platform: calledByName(platform, (ref) => targetOn(cluster, ref.system, ref)),
    environment: { KUBECONFIG: kubeconfig },
    async start() {
      if (!server.isRunning()) server.start();
      const isReady = () =>
        api.text('/readyz').then(
          () => true,
          () => undefined,
        );
      await awaitThat('the API server to be ready', isReady);
    },
    kill: () => server.stop('SIGKILL'),
    pids: async (system) => agent.processes(system),
    async prepare(system) {
      await createNamespace(api, system);
      await prepare(cluster, system, [SERVICE]);
      const kubernetes = settingsOn(cluster, system, SERVICE);
      return {
        url: `${kubernetes.gateway.address}/`,
        api: {
          ...{ platform: 'kubernetes', image: 'test/service:{version}', port: 8080 },
          health: { path: '/health', interval: '1s' },
          kubernetes,
        },
        measured: false,
      };
    },
    async close() {
      if (!server.isRunning()) server.start();
      await cluster.stop();
    },
  };
}
