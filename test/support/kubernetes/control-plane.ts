// A real control plane on the loopback: etcd, API server, controller manager and scheduler, each a process that can be
// stopped and started alone.
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { PATIENCE_MS } from '../patience.ts';
import { freePorts } from '../free-ports.ts';
import { Api, type ApiAccess } from './api.ts';
import { Part } from './part.ts';
import type { ControlPlaneProgram, KubernetesPrograms } from './programs.ts';

/** Of what the tests look at; without leader election they all work at once. */
const CONTROLLERS = [
  'deployment',
  'replicaset',
  'statefulset',
  'job',
  'cronjob',
  'ttl-after-finished',
  'endpoints',
  'endpointslice',
  'namespace',
  'serviceaccount',
  'root-ca-certificate-publisher',
  'garbage-collector',
  'pod-garbage-collector',
  'disruption',
  'horizontal-pod-autoscaler',
  'node-lifecycle',
  'taint-eviction',
  'resourcequota',
].map((name) => `${name}-controller`);

export interface User {
  name: string;
  groups?: readonly string[];
}

export interface ControlPlane {
  /** As a member of system:masters. */
  api: Api;
  parts: Readonly<Record<ControlPlaneProgram, Part>>;
  /** Paths of the certificate that the API server made for itself, and of its key. */
  certificate: { certificate: string; key: string };
  /** Writes a kubeconfig of one of the users and answers its path. */
  kubeconfig: (user: string, namespace?: string) => string;
  access: (user: string) => ApiAccess;
  stop: () => Promise<void>;
}

const ADMIN: User = { name: 'admin', groups: ['system:masters'] };

export interface ControlPlaneInput {
  programs: KubernetesPrograms;
  folder: string;
  /** The address of the node, at which the API server asks for logs. */
  node: string;
  /** They have no rights but what a test gives them. */
  users: readonly User[];
}

export async function startControlPlane(input: ControlPlaneInput): Promise<ControlPlane> {
  const { folder } = input;
  const [etcd = 0, peers = 0, secure = 0, manager = 0, scheduler = 0] = await freePorts(5);
  const server = `https://127.0.0.1:${secure}`;
  const tokens = writeTokens(folder, [ADMIN, ...input.users]);
  writeKey(join(folder, 'accounts.key'));
  const certificates = join(folder, 'certificates');
  const access = (user: string): ApiAccess => ({
    server,
    token: tokens.get(user) ?? '',
    authority: readFileSync(join(certificates, 'apiserver.crt'), 'utf8'),
  });
  const parts = partsOf(input, { etcd, peers, secure, manager, scheduler });
  const started: Part[] = [];
  const stop = async (): Promise<void> => {
    for (const one of started.reverse()) await one.stop();
  };
  const begin = async (name: ControlPlaneProgram): Promise<void> => {
    started.push(parts[name]);
    parts[name].start();
  };
  try {
    await begin('etcd');
    await begin('kube-apiserver');
    const api = await firstAnswer(() => new Api(access(ADMIN.name)), parts['kube-apiserver']);
    const kubeconfig = (user: string, namespace = 'default'): string => {
      const path = join(folder, `kubeconfig-${user}-${namespace}`);
      writeFileSync(path, kubeconfigText(access(user), user, namespace), { mode: 0o600 });
      return path;
    };
    kubeconfig(ADMIN.name);
    await begin('kube-controller-manager');
    await begin('kube-scheduler');
    const certificate = {
      certificate: join(certificates, 'apiserver.crt'),
      key: join(certificates, 'apiserver.key'),
    };
    const ended = async (): Promise<void> => {
      api.close();
      await stop();
    };
    return { api, parts, certificate, kubeconfig, access, stop: ended };
  } catch (error) {
    await stop();
    throw error;
  }
}

type Ports = Record<'etcd' | 'peers' | 'secure' | 'manager' | 'scheduler', number>;

function partsOf(
  { programs, folder, node }: ControlPlaneInput,
  ports: Ports,
): ControlPlane['parts'] {
  const made = (name: ControlPlaneProgram, flags: Record<string, string>): Part => {
    const [program, ...first] = programs.controlPlane[name];
    const args = Object.entries(flags).map(([flag, value]) => `--${flag}=${value}`);
    return new Part(name, program, [...first, ...args], folder);
  };
  const store = `http://127.0.0.1:${ports.etcd}`;
  const peers = `http://127.0.0.1:${ports.peers}`;
  const asked = {
    kubeconfig: join(folder, 'kubeconfig-admin-default'),
    'leader-elect': 'false',
    'bind-address': '127.0.0.1',
    'kube-api-qps': '500',
    'kube-api-burst': '1000',
  };
  const key = join(folder, 'accounts.key');
  const certificates = join(folder, 'certificates');
  mkdirSync(certificates, { recursive: true });
  return {
    etcd: made('etcd', {
      name: 'test',
      'data-dir': join(folder, 'store'),
      'listen-client-urls': store,
      'advertise-client-urls': store,
      'listen-peer-urls': peers,
      'initial-advertise-peer-urls': peers,
      'initial-cluster': `test=${peers}`,
      'log-level': 'warn',
      // Nothing is to be found again after a power cut.
      'unsafe-no-fsync': 'true',
    }),
    'kube-apiserver': made('kube-apiserver', {
      'etcd-servers': store,
      'secure-port': String(ports.secure),
      'bind-address': '127.0.0.1',
      'advertise-address': node,
      'cert-dir': certificates,
      'token-auth-file': join(folder, 'tokens.csv'),
      'authorization-mode': 'RBAC',
      'service-cluster-ip-range': '10.32.0.0/16',
      'service-account-issuer': 'https://kubernetes.default.svc',
      'service-account-key-file': key,
      'service-account-signing-key-file': key,
      'enable-priority-and-fairness': 'false',
      'endpoint-reconciler-type': 'none',
      // A new node would wait for its controller before it takes pods.
      'disable-admission-plugins': 'TaintNodesByCondition',
      'kubelet-preferred-address-types': 'InternalIP',
      'shutdown-delay-duration': '0s',
      // Pods of a node that was lost are made anew elsewhere at once, and not after five minutes.
      'default-not-ready-toleration-seconds': '2',
      'default-unreachable-toleration-seconds': '2',
    }),
    'kube-controller-manager': made('kube-controller-manager', {
      ...asked,
      'secure-port': String(ports.manager),
      'service-account-private-key-file': key,
      'root-ca-file': join(certificates, 'apiserver.crt'),
      'horizontal-pod-autoscaler-sync-period': '2s',
      'resource-quota-sync-period': '5s',
      controllers: CONTROLLERS.join(','),
    }),
    'kube-scheduler': made('kube-scheduler', { ...asked, 'secure-port': String(ports.scheduler) }),
  };
}

/** Answers the tokens by user. */
function writeTokens(folder: string, users: readonly User[]): Map<string, string> {
  const tokens = new Map(users.map(({ name }) => [name, randomBytes(16).toString('hex')]));
  const lines = users.map(
    ({ name, groups = [] }) => `${tokens.get(name) ?? ''},${name},${name},"${groups.join(',')}"`,
  );
  writeFileSync(join(folder, 'tokens.csv'), `${lines.join('\n')}\n`, { mode: 0o600 });
  return tokens;
}

function writeKey(path: string): void {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  writeFileSync(path, privateKey.export({ type: 'pkcs1', format: 'pem' }), { mode: 0o600 });
}

/** JSON is YAML too. */
function kubeconfigText(
  { server, token, authority }: ApiAccess,
  user: string,
  namespace: string,
): string {
  const cluster = {
    server,
    'certificate-authority-data': Buffer.from(authority).toString('base64'),
  };
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'test', cluster }],
    users: [{ name: user, user: { token } }],
    contexts: [{ name: 'test', context: { cluster: 'test', user, namespace } }],
    'current-context': 'test',
  });
}

/** Its certificate is there before it answers; the namespace `default` is what it makes last. */
async function firstAnswer(open: () => Api, part: Part): Promise<Api> {
  const until = Date.now() + PATIENCE_MS;
  for (;;) {
    part.mustRun();
    try {
      const api = open();
      await api.text('/readyz');
      await api.get('/api/v1/namespaces/default');
      return api;
    } catch (error) {
      if (Date.now() > until) throw error;
      await sleep(50);
    }
  }
}
