// Stands for the kubelets of a cluster's nodes: for each pod bound to one of them it starts a real process of what the
// pod's image names, on the pod's own address, probes it, writes its status, and ends it with its grace. Serves logs.
import { setTimeout as sleep } from 'node:timers/promises';
import { startTimeOf, type ProcessIdentity } from '../../../src/machine/process-identity.ts';
import { STRATEGIC, type Api } from './api.ts';
import { startLogServer } from './log-server.ts';
import { Pod, type Images } from './pod.ts';
import type { PodNetwork } from './network.ts';
import { pathOf, type PodObject } from './pod-spec.ts';

export interface PodAgentInput {
  api: Api;
  network: PodNetwork;
  nodes: readonly string[];
  images: Images;
  /** Paths of what it serves logs with. */
  certificate: { certificate: string; key: string };
}

export interface PodAgent {
  /** One more, which takes pods from now on. */
  bringNode: (name: string) => Promise<void>;
  /** As when it loses its power: its processes are gone, and nobody says so. */
  loseNode: (name: string) => Promise<void>;
  /** Pods whose process runs now, `NAMESPACE/NAME`. */
  running: () => string[];
  /** The processes of the pods of a namespace. */
  processes: (namespace: string) => ProcessIdentity[];
  stop: () => Promise<void>;
}

const BEAT_MS = 4_000;
/** So many beats after one that failed, what the API server is told by kubelets is told again: it may have been taken for lost. */
const BEATS_AGAIN = 8;
const ROOM = { cpu: '64', memory: '256Gi', pods: '1000' };

/** Answers once the nodes take pods. */
export async function startPodAgent(input: PodAgentInput): Promise<PodAgent> {
  const { api, network, images } = input;
  const stopping = new AbortController();
  const pods = new Map<string, { pod: Pod; node: string; name: string }>();
  const nodes = new Set(input.nodes);
  let addresses = 256;
  const logs = await startLogServer(network.host, input.certificate, (name) => {
    const all = [...pods.values()];
    return all.find((one) => one.name === name)?.pod.container;
  });
  for (const node of nodes) await addNode(api, node, network.host, logs.port);

  const end = (object: PodObject): void => {
    const { uid = '', deletionGracePeriodSeconds } = object.metadata;
    const known = pods.get(uid);
    // One that was bound and deleted before anybody saw it has no process, and is taken away all the same.
    const ending =
      known?.pod.terminate(deletionGracePeriodSeconds) ??
      api.remove(pathOf(object), { gracePeriodSeconds: 0, preconditions: { uid } });
    void ending.catch((error: unknown) => {
      if (!stopping.signal.aborted) throw error;
    });
  };
  const begin = (object: PodObject, node: string): void => {
    const { uid = '', name, namespace = '' } = object.metadata;
    if (pods.has(uid) || !isNew(object)) return;
    const address = `${network.prefix}.${(addresses >> 8) & 255}.${addresses & 255}`;
    addresses += 1;
    const pod = new Pod({ api, pod: object, images, address, host: network.host });
    pods.set(uid, { pod, node, name: `${namespace}/${name}` });
    void pod.start();
  };
  const onPod = (type: string, object: PodObject): void => {
    const { uid = '', deletionTimestamp } = object.metadata;
    const { nodeName = '' } = object.spec;
    if (type === 'DELETED') {
      void pods.get(uid)?.pod.vanish();
      pods.delete(uid);
    } else if (nodes.has(nodeName)) {
      if (deletionTimestamp === undefined) begin(object, nodeName);
      else end(object);
    }
  };
  const watching = api.watch('/api/v1/pods', stopping.signal, (type, object) => {
    onPod(type, object as PodObject);
  });
  const beating = beat(api, nodes, stopping.signal, () => {
    for (const { pod, node } of pods.values()) if (nodes.has(node)) pod.sayAgain();
  });

  const vanish = (of: (node: string) => boolean): Promise<unknown> =>
    Promise.all([...pods.values()].filter((one) => of(one.node)).map((one) => one.pod.vanish()));
  return {
    async bringNode(name) {
      await addNode(api, name, network.host, logs.port);
      nodes.add(name);
    },
    async loseNode(name) {
      nodes.delete(name);
      await vanish((node) => node === name);
    },
    running: () =>
      [...pods.values()]
        .filter(({ pod }) => pod.container?.isRunning === true)
        .map(({ name }) => name),
    processes: (namespace) =>
      [...pods.values()]
        .filter(({ name }) => name.startsWith(`${namespace}/`))
        .flatMap(({ pod }) => {
          const pid = pod.container?.pid;
          const startTime = pid === undefined ? undefined : startTimeOf(pid);
          return pid === undefined || startTime === undefined ? [] : [{ pid, startTime }];
        }),
    async stop() {
      stopping.abort();
      await vanish(() => true);
      await Promise.all([watching, beating]);
      await logs.stop();
    },
  };
}

function isNew({ status }: PodObject): boolean {
  return status.phase === undefined || status.phase === 'Pending';
}

async function addNode(api: Api, name: string, address: string, port: number): Promise<void> {
  const labels = {
    'kubernetes.io/hostname': name,
    'kubernetes.io/os': 'linux',
    'kubernetes.io/arch': 'amd64',
  };
  const node = { apiVersion: 'v1', kind: 'Node', metadata: { name, labels } };
  await api.apply(`/api/v1/nodes/${name}`, node);
  await api.patch(`/api/v1/nodes/${name}/status`, {
    status: {
      capacity: ROOM,
      allocatable: ROOM,
      addresses: [{ type: 'InternalIP', address }],
      daemonEndpoints: { kubeletEndpoint: { Port: port } },
      conditions: conditions(),
    },
  });
  await renew(api, name);
}

/** A node that nobody hears of is taken for lost by the controller manager, and its pods for not ready. */
async function beat(
  api: Api,
  nodes: ReadonlySet<string>,
  signal: AbortSignal,
  sayAgain: () => void,
): Promise<void> {
  let again = 0;
  while (!signal.aborted) {
    const told = await Promise.all(
      [...nodes].map((name) =>
        renew(api, name)
          .then(() => (again > 0 ? tell(api, name) : undefined))
          .then(() => true)
          .catch(() => false),
      ),
    );
    again = told.includes(false) ? BEATS_AGAIN : Math.max(0, again - 1);
    if (again > 0) sayAgain();
    await sleep(BEAT_MS, undefined, { signal }).catch(() => undefined);
  }
}

async function tell(api: Api, name: string): Promise<void> {
  const path = `/api/v1/nodes/${name}/status`;
  await api.patch(path, { status: { conditions: conditions() } }, STRATEGIC);
}

async function renew(api: Api, name: string): Promise<void> {
  const path = `/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/${name}`;
  // Leases count microseconds.
  const renewTime = new Date().toISOString().replace('Z', '000Z');
  await api.apply(path, {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name, namespace: 'kube-node-lease' },
    spec: { holderIdentity: name, leaseDurationSeconds: 40, renewTime },
  });
}

function conditions(): object[] {
  const at = new Date().toISOString();
  const times = { lastHeartbeatTime: at, lastTransitionTime: at };
  const pressures = ['MemoryPressure', 'DiskPressure', 'PIDPressure'];
  return [
    { type: 'Ready', status: 'True', reason: 'KubeletReady', ...times },
    ...pressures.map((type) => ({ type, status: 'False', reason: 'Enough', ...times })),
  ];
}
