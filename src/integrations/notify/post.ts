// A JSON body to an address that may be a secret: nothing that is said about it shows more than its host.
import type { Delivery } from '../../ports/notify.ts';
import type { Waiting } from '../../ports/waiting.ts';
import { Failure } from '../../domain/failure.ts';
import { fetchText } from '../bounded-fetch.ts';
import { SENDS_WITHIN_MS } from './sender.ts';

const MAX_BYTES = 64 * 1024;
const AGAIN: ReadonlySet<number> = new Set([408, 425, 429]);
/** The body of a refusal by Slack: `invalid_payload`, `channel_is_archived`. */
const CODE = /^[a-z_]{1,60}$/;

export async function postJson(
  { url, headers, body }: { url: string; headers: Record<string, string>; body: unknown },
  { signal }: Waiting,
): Promise<Delivery> {
  const host = hostOf(url);
  for (const [name, value] of Object.entries(headers)) {
    if (!/^[\x20-\x7e\t]*$/.test(value)) {
      throw new Failure('BadInput', `the header ${name} has a character that no header may have`);
    }
  }
  const answer = await fetchText({
    url,
    headers: { 'content-type': 'application/json', 'user-agent': 'fairlead', ...headers },
    body: JSON.stringify(body),
    timeoutMs: SENDS_WITHIN_MS,
    maxBytes: MAX_BYTES,
    statusIsEnough: true,
    signal,
  });
  if ('problem' in answer && answer.status === undefined) {
    throw new Failure('Unavailable', `sending to ${host}: ${answer.problem}`);
  }
  const code = 'text' in answer && CODE.test(answer.text.trim()) ? ` (${answer.text.trim()})` : '';
  return deliveryOf(answer.status ?? 0, host, code);
}

function deliveryOf(status: number, host: string, code: string): Delivery {
  if (status >= 200 && status < 300) return { delivered: true };
  const said = `${host} answered ${status}${code}`;
  if (status >= 500 || AGAIN.has(status)) throw new Failure('Unavailable', said);
  if (status >= 300 && status < 400) {
    const reason = `${said}: it leads elsewhere, and nothing is sent after it; write the address it leads to`;
    return { delivered: false, reason };
  }
  return { delivered: false, reason: `${said}; is the address still right?` };
}

function hostOf(url: string): string {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined || !['http:', 'https:'].includes(parsed.protocol)) {
    throw new Failure('BadInput', 'its address is no http(s) URL');
  }
  if (parsed.username !== '' || parsed.password !== '') {
    throw new Failure(
      'BadInput',
      'its address has a password in it; send it as a header: headers: {authorization: {env: NAME}}',
    );
  }
  return parsed.host;
}
