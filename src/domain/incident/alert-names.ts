// Which incident an alert belongs to, by its name. Pure.
import { NAME } from '../text/names.ts';

/** The incident of alerts that the system file does not name. */
export const UNKNOWN_ALERTS = 'unknown-alerts';
/** The incident of alerts that came while as many incidents of alerts were open as may be at once. */
export const ALERT_STORM = 'alert-storm';

/** What no alert of a system file may be called: these incidents gather others. */
export const GATHERING: readonly string[] = [UNKNOWN_ALERTS, ALERT_STORM];

const LONGEST_ID = 63;

/** The id of an alert's incident: `HighErrorRate` → `high-error-rate`. */
export function incidentOfAlert(alert: string): string {
  const words = alert
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1-$2')
    .replaceAll(/([A-Z])([A-Z][a-z])/g, '$1-$2')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '');
  const id = words.slice(0, LONGEST_ID).replace(/-+$/, '');
  return NAME.test(id) ? id : `alert-${id}`.slice(0, LONGEST_ID).replace(/-+$/, '');
}
