// One channel of `notify:` in a system file: where people are told that an operation waits for them, or ended.
// Which field belongs to which type is in rules-channels.ts.
import { z } from 'zod';
import { headerName, reference, setting, text } from './terms.ts';

const address = text(
  /^[A-Za-z0-9.!#$%&'*+/=?^_{|}~-]{1,64}@[A-Za-z0-9.-]{1,189}$/,
  'a mail address such as ops@example.com, and nothing else',
);

export const channelSchema = z.strictObject({
  type: z.enum(['console', 'file', 'webhook', 'slack', 'smtp']),
  /** What is told; without it, everything. */
  events: z.exactOptional(
    z
      .array(z.enum(['gate', 'reminder', 'escalation', 'parked', 'ended', 'unproven', 'proven']))
      .min(1)
      .meta({
        description: 'a list of gate, reminder, escalation, parked, ended, unproven, proven',
      }),
  ),
  /** Where it is posted to (webhook, slack). An address that is a secret is a reference. */
  url: z.exactOptional(
    z.union([text(/^https?:\/\/\S+$/, 'an http(s) URL'), ...reference]).meta({
      description: 'an http(s) URL, or one that is secret as {env: NAME} or {file: PATH}',
    }),
  ),
  /** Sent along (webhook). A secret is a reference. */
  headers: z.exactOptional(z.record(headerName, setting)),
  /** The mail server (smtp). */
  host: z.exactOptional(text(/^[A-Za-z0-9.:-]{1,253}$/, 'a host name or an IP address')),
  /** 587 without it, 465 with `secure`. */
  port: z.exactOptional(z.number().int().min(1).max(65_535)),
  /** TLS from the first byte. */
  secure: z.exactOptional(z.boolean()),
  /** No mail without TLS: true without it. */
  requireTls: z.exactOptional(z.boolean()),
  user: z.exactOptional(
    z
      .union([z.string().min(1), ...reference])
      .meta({ description: 'a name, or a secret as {env: NAME} or {file: PATH}' }),
  ),
  password: z.exactOptional(
    z.union(reference).meta({ description: 'a secret as {env: NAME} or {file: PATH}' }),
  ),
  from: z.exactOptional(address),
  to: z.exactOptional(z.array(address).min(1)),
});

export type Channel = z.output<typeof channelSchema>;
export type ChannelType = Channel['type'];
export type NoticeEvent = NonNullable<Channel['events']>[number];
