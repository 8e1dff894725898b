// What a parked step says more where there were too few requests to judge by.
import type { OperationStatus } from '../operation/status.ts';
import { FEW_CLIENTS_WAY, saysFewClients } from '../traffic/few-clients.ts';

/** A step that lets a share of the clients in: of those of one address, all or none. */
const SHARE = /^admit-(\d+(?:\.\d+)?)-/;

/** Whether a verdict is one of too few requests. */
export function wantsRequests(reason: string): boolean {
  return reason.includes('requests needed');
}

/** Sentences; none where it was not for want of requests. */
export function wantOfRequests({
  note,
  step = '',
  verdicts,
}: Pick<OperationStatus, 'note' | 'step' | 'verdicts'>): string[] {
  const reasons = verdicts.filter((one) => one.step === step).map((one) => one.reason);
  const said = [note ?? '', ...reasons.slice(-1)].join('\n');
  if (/requests needed; [\d.]+ more were given up/.test(said))
    return ['its users left before it answered: find out what it waits for, or abort'];
  if (!wantsRequests(said)) return [];
  const percent = SHARE.exec(step)?.[1];
  if (percent === undefined || Number(percent) >= 100)
    return ['too few requests came to judge by: send more of them, then retry'];
  if (saysFewClients(said)) {
    return [
      'too few requests were let in to judge by: its requests come from too few clients for a share of them',
      `skip lets the next share in unjudged, and retry waits for more clients. ${FEW_CLIENTS_WAY} from the next recovery on`,
    ];
  }
  return [
    `too few requests were let in to judge by: ${percent} % of the clients are let in, each always or never, and those that come from one address by one program, as through a proxy, are one client where none has the cookie fairlead-client`,
    'retry once some are let in, or skip, which lets the next share in unjudged; "recovery: { admit: [100] }" in the system file lets all in at once from the next recovery on, and "trustedProxies" of the service tells the clients of a proxy apart',
  ];
}
