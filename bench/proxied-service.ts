// A service of several revisions on a real local host from dist, and where their processes answer by themselves.
// Used by proxy.ts.
import { freePorts } from '../src/embedded/ports.ts';
import { hostPaths } from '../src/platforms/local/protocol.ts';
import { loadState } from '../src/platforms/local/state.ts';
import { tokens, plainSpec, TestHost, waiting, weightsOf } from '../test/support/local-daemon.ts';

const SERVICE = { system: 'bench', service: 'api' };
/** The shortest answer that the service has. */
const PATH = '/health';

export interface RunningReplica {
  port: number;
  url: string;
  percent: number;
}

export class ProxiedService {
  readonly #host: TestHost;
  readonly url: string;
  readonly replicas: readonly RunningReplica[];

  private constructor(host: TestHost, port: number, replicas: RunningReplica[]) {
    this.#host = host;
    this.url = urlOf(port);
    this.replicas = replicas;
  }

  /** One revision with one replica for each share. */
  static async start(shares: readonly number[]): Promise<ProxiedService> {
    const host = await TestHost.start();
    try {
      const [port = 0] = await freePorts(1);
      const nextToken = tokens();
      const specs = shares.map((_, index) => plainSpec(SERVICE, `v${index + 1}`, port));
      for (const spec of specs) await host.ready(spec, 1, nextToken());
      const weights = weightsOf(
        ...specs.map((spec, index): [typeof spec, number] => [spec, shares[index] ?? 0]),
      );
      const { traffic } = host.platform;
      await traffic.set({ service: SERVICE, weights, expect: [], token: nextToken() });
      await traffic.probe({ service: SERVICE, count: 20 }, waiting());
      const { services } = await loadState(hostPaths(host.data).state);
      const [record] = Object.values(services);
      const replicas = specs.map(({ id }, index) => {
        const [replica] = record?.revisions[id]?.replicas ?? [];
        if (replica === undefined) throw new Error(`${id} has no replica`);
        return { port: replica.port, url: urlOf(replica.port), percent: shares[index] ?? 0 };
      });
      return new ProxiedService(host, port, replicas);
    } catch (error) {
      await host.end();
      throw error;
    }
  }

  async stop(): Promise<void> {
    await this.#host.end();
  }
}

function urlOf(port: number): string {
  return `http://127.0.0.1:${port}${PATH}`;
}
