// What is told of a pod that does not become ready: its own container decides, and the events are those that came last.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clusterOf } from '../../src/platforms/kubernetes/cluster.ts';
import { lastWordsOf } from '../../src/platforms/kubernetes/logs.ts';
import type { Reached } from '../../src/platforms/kubernetes/reached.ts';
import { podShape, type Pod } from '../../src/platforms/kubernetes/shapes.ts';

function reached(events: object[]): Reached {
  const { signal } = new AbortController();
  const ask = ({ path }: { path: string }): Promise<unknown> =>
    Promise.resolve(path.includes('/events') ? { items: events } : `said by ${path}`);
  return {
    cluster: clusterOf({ ask }, 'shop', signal),
    place: {
      ref: { system: 'shop', service: 'web' },
      settings: {
        ...{ context: 'test', namespace: 'shop', route: 'front', identity: 'x-revision' },
        gateway: { address: 'http://127.0.0.1:8080' },
        closed: { service: 'closed', port: 80 },
        adopts: { deployment: 'web', service: { name: 'web', port: 80 }, container: 'web' },
      },
    },
    ...{ what: 'looking', waiting: { signal, beat: () => undefined } },
  };
}

const pod = (name: string, ready: Record<string, boolean>): Pod =>
  podShape.parse({
    metadata: { name },
    status: {
      containerStatuses: Object.entries(ready).map(([container, isReady]) => ({
        ...{ name: container, ready: isReady },
      })),
    },
  });

test('a sidecar that is ready does not hide that the service is not', async () => {
  const pods = [pod('web-1', { web: true, mesh: false }), pod('web-2', { mesh: true, web: false })];
  assert.match(await lastWordsOf(reached([]), pods), /pods\/web-2\/log\?container=web/);
  assert.equal(await lastWordsOf(reached([]), pods.slice(0, 1)), '');
});

test('the last three warnings are told, by whichever time an event has', async () => {
  const at = (second: number): string => `2026-01-01T00:00:0${second}Z`;
  const warned = (reason: string, time: object) => ({
    type: 'Warning',
    reason,
    message: '',
    ...time,
  });
  const events = [
    warned('Newest', { lastTimestamp: null, eventTime: '2026-01-01T00:00:09.123456Z' }),
    warned('Oldest', { lastTimestamp: at(1) }),
    warned('Third', { lastTimestamp: null, metadata: { creationTimestamp: at(5) } }),
    warned('Second', { lastTimestamp: at(3), metadata: { creationTimestamp: at(0) } }),
  ];
  const said = await lastWordsOf(reached(events), [pod('web-1', { web: false })]);
  assert.match(said, /events: Second: \| Third: \| Newest:/);
});
