// Which API server, and as whom: one connection per context, made when it is first asked for. The library that reads
// kubeconfig files is loaded then, and by nobody who uses no cluster.
import { Agent } from 'node:https';
import type { RequestOptions } from 'node:https';
import type { KubeConfig } from '@kubernetes/client-node';
import { Failure } from '../../domain/failure.ts';

/** How one request to the API server is sent. */
export interface Signed {
  url: URL;
  options: RequestOptions;
}

export interface Connection {
  /** A request to a path of the API server, with credentials that are good now. */
  sign(path: string): Promise<Signed>;
  /** Reads the configuration anew at the next request: the credentials were refused. */
  forget(): void;
}

const IN_CLUSTER = 'in-cluster';

/** `kubeconfig`: the file to read in the place of KUBECONFIG's. */
export function createConnection(context: string, kubeconfig?: string): Connection {
  let reading: Promise<KubeConfig> | undefined;
  let agent: { made: string; agent: Agent } | undefined;
  return {
    async sign(path) {
      reading ??= readConfig(context, kubeconfig);
      const config = await reading.catch((error: unknown) => {
        reading = undefined;
        throw error;
      });
      const server = config.getCurrentCluster()?.server ?? '';
      const options: RequestOptions = {};
      await config.applyToHTTPSOptions(options);
      const { ca, cert, key, rejectUnauthorized, servername } = options;
      if (config.getCurrentCluster()?.proxyUrl === undefined && server.startsWith('https:')) {
        // The library makes an agent for each request, which would be a handshake for each.
        const parts = { ca, cert, key, rejectUnauthorized, servername };
        const made = JSON.stringify(parts);
        if (agent?.made !== made) {
          agent?.agent.destroy();
          agent = { made, agent: new Agent({ ...definedOf(parts), keepAlive: true }) };
        }
        options.agent = agent.agent;
      }
      return { url: new URL(`${server.replace(/\/$/, '')}${path}`), options };
    },
    forget() {
      reading = undefined;
    },
  };
}

function definedOf<Parts extends object>(parts: Parts): Partial<Parts> {
  return Object.fromEntries(
    Object.entries(parts).filter(([, value]) => value !== undefined),
  ) as Partial<Parts>;
}

async function readConfig(context: string, kubeconfig: string | undefined): Promise<KubeConfig> {
  const { KubeConfig: Config } = await import('@kubernetes/client-node');
  const config = new Config();
  try {
    if (context === IN_CLUSTER) config.loadFromCluster();
    else if (kubeconfig !== undefined) config.loadFromFile(kubeconfig);
    else config.loadFromDefault();
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Failure(
      'Unavailable',
      `reading the kubeconfig of the worker: ${why}; see KUBECONFIG where the worker is started`,
    );
  }
  if (context === IN_CLUSTER) return config;
  const known = config.getContexts().map(({ name }) => name);
  if (known.includes(context)) {
    config.setCurrentContext(context);
    return config;
  }
  throw new Failure(
    'NotFound',
    `connecting to Kubernetes: the kubeconfig of the worker has no context ${context}; it has ${known.join(', ') || 'none'} (see KUBECONFIG where the worker is started)`,
  );
}
