// Requests of runbooks of steps, as ports/http.ts says.
import { Failure } from '../../domain/failure.ts';
import type { HttpPort, HttpRequest } from '../../ports/steps/http.ts';
import { fetchText } from '../bounded-fetch.ts';
import { secretValue, type SecretSources } from '../secret-value.ts';

const MAX_BYTES = 1024 * 1024;

export function createHttp(secrets: SecretSources): HttpPort {
  return {
    send: async (request, { signal }) => {
      const { url, method, body, timeoutMs } = request;
      const headers = await headersOf(request, secrets);
      const answer = await fetchText({
        ...{ url, method, headers, timeoutMs, maxBytes: MAX_BYTES, signal },
        ...(body !== undefined && { body }),
      });
      if ('problem' in answer) {
        const kind = answer.connected ? 'NotReady' : 'Unavailable';
        throw new Failure(kind, `${method} ${url}: ${answer.problem}`);
      }
      const [contentType = ''] = (answer.headers.get('content-type') ?? '').split(';');
      const { status, text, ms } = answer;
      return { status, text, ms, contentType: contentType.trim().toLowerCase() };
    },
  };
}

async function headersOf(
  { headers, directory = '/', url }: HttpRequest,
  secrets: SecretSources,
): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const [name, setting] of Object.entries(headers)) {
    if (typeof setting !== 'object') {
      found[name] = String(setting);
      continue;
    }
    const value = await secretValue(setting, directory, secrets);
    if ('problem' in value) {
      throw new Failure('BadInput', `the header ${name} for ${url} is in ${value.problem}`);
    }
    found[name] = value.secret;
  }
  return found;
}
