// The port to the timelines of incidents. Implemented in integrations/incidents.ts. Every verb throws `Failure`.
import type { Incident } from '../domain/incident/incident.ts';
import type { IncidentRecord, TimelineLine } from '../domain/incident/timeline.ts';
import type { Waiting } from './waiting.ts';

export interface IncidentsPort {
  /** Keeps lines that are not there yet, with the incident as it was then; what is there already stays as it is. */
  append(
    input: { incident: Incident; lines: readonly TimelineLine[] },
    waiting: Waiting,
  ): Promise<void>;
  /** The newest incident of this id; undefined where none was kept. */
  read(name: { system: string; id: string }, waiting: Waiting): Promise<IncidentRecord | undefined>;
}
