// The section `alerts:` of a system file: which alerts open an incident of which severity, about which service, and which
// runbook of steps looks first. Its shape above its checks; that a runbook is there is checked beside the runbooks.
import { z } from 'zod';
import { GATHERING, incidentOfAlert } from '../../domain/incident/alert-names.ts';
import { SEVERITIES } from '../../domain/incident/severity.ts';
import { shown } from '../reading/wording.ts';
import { noSuch, remarksIn, repeatsIn, type Remark } from '../remark.ts';
import { name, text } from '../terms.ts';

/** Prometheus takes any text; what begins or ends with space nobody types. */
const alertName = text(
  /^\S(?:[^\n\r\t]{0,148}\S)?$/,
  'the name of an alert as Alertmanager shows it (alertname), such as HighErrorRate',
);

const alertSchema = z.strictObject({
  severity: z.enum(SEVERITIES).meta({
    meaning: 'How bad it is while it fires: P0 an outage, P3 no user is hurt.',
    example: 'P1',
  }),
  service: z.exactOptional(name).meta({
    meaning: 'The service that it is about.',
    example: 'api',
  }),
  runbook: z.exactOptional(name).meta({
    meaning:
      'The runbook of steps that is started when its incident opens: one that looks first, and asks a person before it changes anything.',
    example: 'high-error-rate',
  }),
});

export const alertsSchema = z.record(alertName, alertSchema);

export type Alerts = z.output<typeof alertsSchema>;

export function alertRemarks(alerts: Alerts, services: readonly string[]): Remark[] {
  const names = Object.keys(alerts);
  const ids = names.map(incidentOfAlert);
  const again = repeatsIn(ids);
  return [
    ...remarksIn(
      names.flatMap((one, index) => {
        const [id = '', service = ''] = [ids[index], alerts[one]?.service];
        const other = names[ids.indexOf(id)] ?? '';
        return [
          [
            service !== '' && !services.includes(service),
            [one, 'service'],
            noSuch('service', service, services),
          ],
          [
            again.includes(index),
            [one],
            `its incident would be ${shown(id)} as that of ${shown(other)}; call one of them otherwise`,
          ],
          [
            GATHERING.includes(id),
            [one],
            `its incident would be ${shown(id)}, which gathers other alerts; call it otherwise`,
          ],
        ] as const;
      }),
    ),
  ];
}
