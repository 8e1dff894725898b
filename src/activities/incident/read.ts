// Reads what was kept of an incident, for whoever writes its report.
import { Failure } from '../../domain/failure.ts';
import type { IncidentRecord } from '../../domain/incident/timeline.ts';
import type { IncidentsPort } from '../../ports/incidents.ts';
import type { Call } from '../call.ts';

/** Throws NotFound. */
export async function readIncident(
  id: string,
  system: string,
  call: Call,
  { incidents }: { incidents: IncidentsPort },
): Promise<IncidentRecord> {
  const found = await incidents.read({ system, id }, call);
  if (found !== undefined) return found;
  throw new Failure('NotFound', `nothing is kept of an incident ${id} of ${system}`);
}
