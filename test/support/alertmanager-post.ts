// What Alertmanager's webhook posts, for tests: version 4, one group.
import { createHash } from 'node:crypto';

export interface PostedAlert {
  name: string;
  /** What tells it from others of its name. */
  instance?: string;
  state?: 'firing' | 'resolved';
  startsAt?: string;
  endsAt?: string;
  summary?: string;
}

export function posted(...alerts: PostedAlert[]) {
  return {
    ...{ version: '4', groupKey: '{}:{}', truncatedAlerts: 0, status: 'firing' },
    ...{ receiver: 'fairlead', groupLabels: {}, commonLabels: {}, commonAnnotations: {} },
    externalURL: 'http://127.0.0.1:9093',
    alerts: alerts.map((one) => {
      const { name, instance = 'a:9100', state = 'firing', summary = '5 % fail' } = one;
      const { startsAt = '2026-01-01T00:00:00Z', endsAt = '0001-01-01T00:00:00Z' } = one;
      return {
        ...{ status: state, startsAt, endsAt, generatorURL: 'http://127.0.0.1:9090/graph' },
        labels: { alertname: name, instance, severity: 'page' },
        annotations: { summary },
        fingerprint: createHash('sha256').update(`${name}/${instance}`).digest('hex').slice(0, 16),
      };
    }),
  };
}
