// (g) The local host as a proxy: latency that it adds and throughput, beside the service asked directly and beside
// nginx and HAProxy with the same two revisions at 95 and 5 %. Each proxy is one process with one thread, as the
// local host is; the load is wrk's.
import { ProxiedService } from './proxied-service.ts';
import { findDebianProgram } from '../test/support/debian-program.ts';
import { figure, MissingPart, type Measured, type Stage } from './figure.ts';
import { startOtherProxy, type OtherProxy } from './other-proxies.ts';
import { median, rounded } from './statistics.ts';
import { runWrk } from './wrk.ts';

const LANES = 16;
const QUIET_SECONDS = 2;
const BUSY_SECONDS = 3;

interface Way {
  name: string;
  url: string;
  /** ms, the median of one client that asks again as soon as it has its answer. */
  latency: number[];
  /** Requests per second of `LANES` clients. */
  throughput: number[];
}

export async function proxy(stage: Stage): Promise<Measured[]> {
  if (findDebianProgram('wrk') === undefined) throw missing('wrk');
  const host = await ProxiedService.start([95, 5]);
  const others: OtherProxy[] = [];
  const absent: string[] = [];
  try {
    for (const name of ['nginx', 'haproxy'] as const) {
      if (findDebianProgram(name) === undefined) {
        absent.push(missing(name).message);
        stage.say(`  ${absent.at(-1) ?? ''}`);
      } else {
        others.push(await startOtherProxy(name, host.replicas));
      }
    }
    const direct = wayTo('direct', host.replicas[0]?.url ?? '');
    const local = wayTo('local host', host.url);
    const ways = [direct, local, ...others.map(({ name, url }) => wayTo(name, url))];
    for (let round = 0; round < stage.rounds(4); round += 1) {
      for (const way of ways) await measure(way);
    }
    return [...figuresOf(direct, local, ways, absent)];
  } finally {
    for (const other of others) await other.stop();
    await host.stop();
  }
}

function wayTo(name: string, url: string): Way {
  return { name, url, latency: [], throughput: [] };
}

async function measure(way: Way): Promise<void> {
  const quiet = await runWrk(way.url, { lanes: 1, seconds: QUIET_SECONDS });
  const busy = await runWrk(way.url, { lanes: LANES, seconds: BUSY_SECONDS });
  if (quiet.failed + busy.failed > 0) throw new Error(`requests to ${way.name} failed`);
  way.latency.push(quiet.medianMs);
  way.throughput.push(busy.perSecond);
}

function figuresOf(direct: Way, local: Way, ways: Way[], absent: string[]): Measured[] {
  const table = [
    ['asked', 'latency ms (1 client)', `requests/s (${LANES} clients)`],
    ...ways.map(({ name, latency, throughput }) => [
      name,
      String(rounded(median(latency))),
      median(throughput).toFixed(0),
    ]),
  ];
  const added = local.latency.map((ms, round) => ms - (direct.latency[round] ?? Number.NaN));
  const others = ways.filter((way) => way !== direct && way !== local);
  return [
    figure('local host: latency added to a request', 'ms', added, { notes: absent, table }),
    ...[direct, ...others].map((other) => {
      const ratios = local.throughput.map(
        (count, round) => count / (other.throughput[round] ?? Number.NaN),
      );
      return figure(`throughput of the local host ÷ ${other.name}`, 'ratio', ratios);
    }),
  ];
}

function missing(name: string): MissingPart {
  return new MissingPart(
    `missing part: ${name} (looked on PATH and in the cache; npm run parts gets it)`,
  );
}
