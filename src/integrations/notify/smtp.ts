// The channel `smtp`: a plain mail through a mail server, over TLS unless the system file says otherwise.
import type { Delivery } from '../../ports/notify.ts';
import type { Waiting } from '../../ports/waiting.ts';
import { digestOf } from '../../domain/digest.ts';
import { Failure } from '../../domain/failure.ts';
import { isRecord } from '../../domain/json.ts';
import { noticeText } from '../../domain/people/notice.ts';
import { SENDS_WITHIN_MS, settingText, type Sender } from './sender.ts';

/** Codes of the mail library that another try does not change, whatever number the server gave. */
const SETTLED: ReadonlySet<string> = new Set(['EAUTH', 'ENOAUTH', 'ECONFIG', 'EENVELOPE']);

export const sendMail: Sender = async (input, context, waiting) => {
  const { channel, key, notice } = input;
  const { host = '', from = '', to = [], secure = false } = channel;
  const port = channel.port ?? (secure ? 465 : 587);
  const timeout = { signal: AbortSignal.timeout(SENDS_WITHIN_MS) };
  // Loaded when there is a mail to send: a worker starts, and takes over, without it.
  const { createTransport } = await import('nodemailer');
  const transport = createTransport({
    host,
    port,
    secure,
    requireTLS: channel.requireTls ?? true,
    tls: { minVersion: 'TLSv1.2' },
    connectionTimeout: SENDS_WITHIN_MS,
    greetingTimeout: SENDS_WITHIN_MS,
    socketTimeout: SENDS_WITHIN_MS,
    disableFileAccess: true,
    disableUrlAccess: true,
    ...(channel.user !== undefined && {
      auth: {
        user: await settingText(channel.user, 'user', input, context),
        pass: await settingText(channel.password, 'password', input, context),
      },
    }),
  });
  try {
    const { rejected } = await transport.sendMail({
      from,
      to,
      subject: notice.title,
      text: noticeText(notice),
      messageId: messageId(key, from),
      headers: {
        'auto-submitted': 'auto-generated',
        'x-fairlead-operation': notice.operation,
        'x-fairlead-event': notice.event,
      },
      signal: AbortSignal.any([waiting.signal, timeout.signal]),
    });
    return deliveryOf(rejected.map(String), host);
  } catch (error) {
    return settled(error, { server: `${host}:${port}`, late: timeout.signal.aborted }, waiting);
  } finally {
    transport.close();
  }
};

/** The Message-ID of a mail, the same for the same key: where a mail did come twice, mail programs show it once. */
export function messageId(key: string, from: string): string {
  return `<${digestOf(key).slice(0, 40)}@${from.split('@')[1] ?? 'fairlead'}>`;
}

function deliveryOf(rejected: readonly string[], host: string): Delivery {
  if (rejected.length === 0) return { delivered: true };
  const reason = `${host} did not take it for ${rejected.join(', ')}; the others have it`;
  return { delivered: false, reason };
}

/** Throws Unavailable for what may be different next time. */
function settled(
  error: unknown,
  { server, late }: { server: string; late: boolean },
  { signal }: Waiting,
): Delivery {
  signal.throwIfAborted();
  if (late) {
    throw new Failure('Unavailable', `mail to ${server}: no answer within ${SENDS_WITHIN_MS} ms`);
  }
  const said = error instanceof Error ? error.message : String(error);
  const code = isRecord(error) ? error['code'] : undefined;
  const status = isRecord(error) ? error['responseCode'] : undefined;
  const known = typeof code === 'string' && SETTLED.has(code);
  const refused = typeof status === 'number' ? status >= 500 : known;
  if (!refused) throw new Failure('Unavailable', `mail to ${server}: ${said}`);
  return { delivered: false, reason: `mail to ${server}: ${said}` };
}
