// A real gateway before a cluster: Traefik, told by the Gateway API. It reads EndpointSlices and connects to pods itself.
import { readFileSync } from 'node:fs';
import { parseAllDocuments } from 'yaml';
import { freePorts } from '../free-ports.ts';
import { eventually } from '../local-daemon.ts';
import type { Api, ApiAccess, ApiObject } from './api.ts';
import { Part } from './part.ts';

const CLASS = 'test';
const GATEWAY = 'gateway';

export interface Gateway {
  /** Where users ask; no trailing slash. Routes are told apart by their host names. */
  url: string;
  /** What a route's parentRefs name. */
  name: string;
  namespace: string;
  part: Part;
}

export interface GatewayInput {
  api: Api;
  access: ApiAccess;
  /** Path of the API server's certificate. */
  authority: string;
  program: string;
  /** Of the Gateway API's resource definitions, paths. */
  definitions: readonly string[];
  folder: string;
}

export async function startGateway(input: GatewayInput): Promise<Gateway> {
  const { api, access, authority, program, folder } = input;
  await define(api, input.definitions);
  const [port = 0, own = 0] = await freePorts(2);
  await api.apply(`/apis/gateway.networking.k8s.io/v1/gatewayclasses/${CLASS}`, {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'GatewayClass',
    metadata: { name: CLASS },
    spec: { controllerName: 'traefik.io/gateway-controller' },
  });
  const listener = {
    name: 'web',
    protocol: 'HTTP',
    port,
    allowedRoutes: { namespaces: { from: 'All' } },
  };
  await api.apply(`/apis/gateway.networking.k8s.io/v1/namespaces/default/gateways/${GATEWAY}`, {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'Gateway',
    metadata: { name: GATEWAY, namespace: 'default' },
    spec: { gatewayClassName: CLASS, listeners: [listener] },
  });
  const flags = {
    'providers.kubernetesgateway': 'true',
    'providers.kubernetesgateway.endpoint': access.server,
    'providers.kubernetesgateway.token': access.token,
    'providers.kubernetesgateway.certauthfilepath': authority,
    'providers.kubernetesgateway.statusaddress.ip': '127.0.0.1',
    'providers.providersthrottleduration': '100ms',
    'entrypoints.web.address': `127.0.0.1:${port}`,
    'entrypoints.own.address': `127.0.0.1:${own}`,
    ping: 'true',
    'ping.entrypoint': 'own',
    'global.checknewversion': 'false',
    'global.sendanonymoususage': 'false',
    'log.level': 'INFO',
  };
  const args = Object.entries(flags).map(([name, value]) => `--${name}=${value}`);
  const part = new Part('traefik', program, args, folder);
  part.start();
  try {
    await eventually('the gateway to answer', async () => {
      part.mustRun();
      const answer = await fetch(`http://127.0.0.1:${own}/ping`).catch(() => undefined);
      return answer?.ok;
    });
  } catch (error) {
    await part.stop();
    throw error;
  }
  return { url: `http://127.0.0.1:${port}`, name: GATEWAY, namespace: 'default', part };
}

interface Definition extends ApiObject {
  status?: { conditions?: { type: string; status: string }[] };
}

async function define(api: Api, files: readonly string[]): Promise<void> {
  const definitions = files.flatMap((file) =>
    parseAllDocuments(readFileSync(file, 'utf8')).map((one) => one.toJS() as Definition | null),
  );
  const paths: string[] = [];
  for (const one of definitions) {
    if (one?.kind !== 'CustomResourceDefinition') continue;
    const path = `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${one.metadata.name}`;
    await api.apply(path, one);
    paths.push(path);
  }
  for (const path of paths) {
    await eventually(`${path} to be established`, async () => {
      const { status } = await api.get<Definition>(path);
      return (status?.conditions ?? []).some(
        (one) => one.type === 'Established' && one.status === 'True',
      );
    });
  }
}
