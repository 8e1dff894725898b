// Which incident an alert opens or joins, as the section `alerts:` of its system says. Pure.
import type { Alerts } from '../../config/people/alerts.ts';
import { ALERT_STORM, incidentOfAlert, UNKNOWN_ALERTS } from './alert-names.ts';
import type { IncidentRequest } from './incident-request.ts';
import type { Severity } from './severity.ts';

/** An incident as an alert opens it. */
export type AlertPlace = Pick<
  IncidentRequest,
  'id' | 'title' | 'severity' | 'service' | 'runbook' | 'people'
> & {
  /** It gathers alerts of many names. */
  gathers: boolean;
};

/** Incidents that alerts may have opened at once in one system; further ones join one incident, that of a storm. */
export const MOST_OPEN = 20;

/** Of an alert that the system file does not name: somebody has to look, and to name it. */
const UNKNOWN_SEVERITY: Severity = 'P2';

export function placeOf(alert: string, alerts: Alerts = {}): AlertPlace {
  const named = Object.hasOwn(alerts, alert) ? alerts[alert] : undefined;
  if (named === undefined) {
    const title = 'Alerts that the system file does not name';
    return { id: UNKNOWN_ALERTS, title, severity: UNKNOWN_SEVERITY, gathers: true };
  }
  return { id: incidentOfAlert(alert), title: alert, ...named, gathers: false };
}

/** Where an alert goes while MOST_OPEN incidents of alerts are open; as severe as the worst alert in it. */
export function stormPlace({ severity, people }: AlertPlace): AlertPlace {
  const title = `More alerts at once than ${MOST_OPEN} incidents`;
  return { id: ALERT_STORM, title, severity, ...(people && { people }), gathers: true };
}

/** What an alert's incident is started with. Who asks is the alert, by the name of its incident. */
export function alertRequest(system: string, place: AlertPlace): IncidentRequest {
  const { gathers: _, ...rest } = place;
  return { system, ...rest, source: 'alert', requestedBy: `alert:${place.id}` };
}
