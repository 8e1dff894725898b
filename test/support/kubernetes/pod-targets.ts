// Tells a Prometheus server of the pods of Fairlead's revisions, with the label `revision`, as its own discovery does on a
// real cluster: that of Debian's package knows no Kubernetes.
import { renameSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Api } from './api.ts';
import type { PodObject } from './pod-spec.ts';

const EVERY_MS = 500;
const REVISION = 'fairlead/revision';

/** Rewrites the file, which `file_sd_configs` names, until it is stopped. */
export function tellPods(api: Api, file: string): { stop: () => Promise<void> } {
  const stopping = new AbortController();
  const telling = (async () => {
    while (!stopping.signal.aborted) {
      // While the API server is away, the targets of before stay.
      await write(api, file).catch(() => undefined);
      await sleep(EVERY_MS, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  })();
  return {
    async stop() {
      stopping.abort();
      await telling;
    },
  };
}

async function write(api: Api, file: string): Promise<void> {
  const pods = await api.list<PodObject>(
    `/api/v1/pods?labelSelector=${encodeURIComponent(REVISION)}`,
  );
  const targets = pods.flatMap(({ metadata, spec, status }) => {
    const port = spec.containers[0]?.ports?.[0]?.containerPort;
    if (status.podIP === undefined || port === undefined) return [];
    const { name, namespace = '', labels = {} } = metadata;
    const said = { revision: labels[REVISION] ?? '', namespace, pod: name };
    return [{ targets: [`${status.podIP}:${port}`], labels: said }];
  });
  // Replaced as a whole: it is read at any time.
  writeFileSync(`${file}.new`, JSON.stringify(targets));
  renameSync(`${file}.new`, file);
}
