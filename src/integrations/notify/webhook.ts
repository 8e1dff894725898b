// The channel `webhook`: the notice as JSON, with its key for receivers that drop what comes twice.
import { postJson } from './post.ts';
import { settingText, type Sender } from './sender.ts';

export const sendToWebhook: Sender = async (input, context, waiting) => {
  const { channel, key, notice } = input;
  const url = await settingText(channel.url, 'url', input, context);
  const headers: Record<string, string> = {};
  for (const [name, setting] of Object.entries(channel.headers ?? {})) {
    headers[name.toLowerCase()] = await settingText(setting, `headers.${name}`, input, context);
  }
  headers['idempotency-key'] = key;
  return postJson({ url, headers, body: { key, ...notice } }, waiting);
};
