// Temporal's runtime for a worker process: its log, and one Prometheus endpoint for the SDK's metrics and ours.
// Installed once, before anything else of the SDK is used.
// The SDK's own exporter serves both: it answers while JavaScript is busy, and what workflows measure comes to it
// without replays. It cannot say which free port it took, so that one is looked for here.
import { Runtime, type RuntimeOptions } from '@temporalio/worker';
import { hiddenLoopback, openDoor } from '../machine/http/http-door.ts';
import { tryListening, whyNotListening } from '../machine/port-holder.ts';
import { hostInUrl } from '../machine/host-in-url.ts';
import { STEP_BUCKETS, STEP_DURATION } from '../domain/operation/watched.ts';
import type { Log, LogLevel } from './log.ts';
import { sdkLogger } from './sdk-logger.ts';

export interface MetricsAddress {
  host: string;
  port: number;
}

/** Metrics cannot be served: the port is taken, or the address is not one of this machine; the message says which. */
export class MetricsAddressError extends Error {}

/** Our level of logging and that of the SDK's native part, which at `info` says only what is wrong. */
const CORE: Record<LogLevel, 'DEBUG' | 'INFO' | 'WARN' | 'ERROR'> = {
  trace: 'DEBUG',
  debug: 'INFO',
  info: 'WARN',
  warn: 'WARN',
  error: 'ERROR',
};

/** How often a free port is tried: another process may take it before the exporter does. */
const MOST_TRIES = 5;
const LOOPBACK = ['127.0.0.1', '::1'];

export interface MetricsWanted extends MetricsAddress {
  /** Names beside the loopback's that they may be asked by. */
  names: readonly string[];
}

/** Returns where the metrics are, when they were asked for; port 0 picks a free one. */
export async function installRuntime(
  log: Log,
  level: LogLevel,
  wanted: MetricsWanted | undefined,
): Promise<MetricsAddress | undefined> {
  const logging = { filter: { core: CORE[level], other: 'ERROR' as const }, forward: {} };
  const install = (metrics: RuntimeOptions['telemetryOptions']): void => {
    Runtime.install({
      logger: sdkLogger(log),
      telemetryOptions: { logging, ...metrics },
    });
  };
  if (wanted === undefined) {
    install({});
    return undefined;
  }
  if (LOOPBACK.includes(wanted.host)) return serveBehindDoor(wanted, install);
  for (let tries = 1; ; tries += 1) {
    const port = wanted.port === 0 ? await tryListening(0) : wanted.port;
    try {
      install({ metrics: exporter({ ...wanted, port }) });
      return { host: wanted.host, port };
    } catch (error) {
      if (wanted.port === 0 && tries < MOST_TRIES) continue;
      throw new MetricsAddressError(sentence({ ...wanted, port }, error));
    }
  }
}

/** The exporter answers any web page that a browser on this machine shows; what it must not answer ends at a door. */
async function serveBehindDoor(
  { host, port, names }: MetricsWanted,
  install: (metrics: RuntimeOptions['telemetryOptions']) => void,
): Promise<MetricsAddress> {
  const target = { host: hiddenLoopback(), port: await tryListening(0) };
  const door = await openDoor({ host, port, names, target, what: 'the exporter' }).catch(
    (error: unknown) => {
      throw new MetricsAddressError(sentence({ host, port }, error));
    },
  );
  try {
    install({ metrics: exporter(target) });
    return { host, port: door.port };
  } catch (error) {
    door.close();
    throw new MetricsAddressError(sentence(target, error));
  }
}

type Metrics = NonNullable<NonNullable<RuntimeOptions['telemetryOptions']>['metrics']>;

function exporter({ host, port }: MetricsAddress): Metrics {
  return {
    attachServiceName: false,
    prometheus: {
      bindAddress: `${hostInUrl(host)}:${port}`,
      // As Prometheus names things: ..._total, ..._seconds.
      countersTotalSuffix: true,
      unitSuffix: true,
      useSecondsForDurations: true,
      histogramBucketOverrides: { [STEP_DURATION]: [...STEP_BUCKETS] },
    },
  };
}

function sentence({ host, port }: MetricsAddress, error: unknown): string {
  return `serving metrics at ${host}:${port}: ${whyNotListening({ host, port }, error)}; choose another FAIRLEAD_METRICS_PORT, or 0 for a free one`;
}
