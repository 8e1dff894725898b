// A share of the clients cannot be made where there are too few of them: what is said of that.
import type { ClientsSeen, TrafficState } from '../rollout/model.ts';
import { countOf } from '../text/amounts.ts';

/** Before a plan is told that its share cannot be made: fewer requests are of whoever comes first. */
const ENOUGH_REQUESTS = 20;

const CANNOT = 'of the users cannot be made of that';

export const FEW_CLIENTS_WAY =
  '"trustedProxies" of the service tells the clients of a proxy apart by its X-Forwarded-For, as the cookie fairlead-client does; "recovery: { admit: [100] }" in the system file lets all in at once';

/** Whose all requests were, where these are so few that a share of them is nobody, most likely, or everybody; for the inside of a sentence. */
export function fewClients(seen: ClientsSeen | undefined, percent: number): string | undefined {
  if (seen === undefined || percent <= 0 || percent >= 100) return undefined;
  const { requests, letIn, clients, addresses, atMost } = seen;
  if (clients >= atMost || clients * percent >= 100) return undefined;
  const from = addresses === 1 ? 'one address' : `${addresses} addresses`;
  const as = clients === 1 ? 'as one client' : `as ${clients} clients`;
  const were =
    letIn === 0
      ? 'none was let in'
      : letIn === requests
        ? 'all were let in'
        : `${letIn} were let in`;
  return `all ${countOf(requests, 'request')} came from ${from}, ${as}, and ${were}: a share of ${percent} % ${CANNOT}`;
}

/** Whether a text has what `fewClients` says. */
export function saysFewClients(text: string): boolean {
  return text.includes(CANNOT);
}

/** What is known before shares are let in: of each service the first one. */
export function shareNotes(
  shares: readonly { service: string; percent: number }[],
  services: Readonly<Record<string, { traffic: Pick<TrafficState, 'clients'> }>>,
): string[] {
  const first = shares.filter(
    ({ service }, index) => shares.findIndex((one) => one.service === service) === index,
  );
  return first.flatMap(({ service, percent }) => {
    const seen = services[service]?.traffic.clients;
    const isFew = seen !== undefined && fewClients(seen, percent) !== undefined;
    if (!isFew || seen.requests < ENOUGH_REQUESTS) return [];
    const from = seen.addresses === 1 ? 'one address' : 'few addresses';
    return `${percent} % of the users of ${service} will be nobody, or all: its requests come from ${from}, as ${countOf(seen.clients, 'client')}. ${FEW_CLIENTS_WAY}`;
  });
}
