// The notify port: one sender per type of channel, each notice once per key. Made by the worker.
import { join } from 'node:path';
import type { Delivery, NotifyPort } from '../../activities/ports.ts';
import type { ChannelType } from '../../config/channel.ts';
import { Failure } from '../../domain/failure.ts';
import { createDeliveries } from './deliveries.ts';
import { sendToConsole } from './console.ts';
import { sendToFile } from './file.ts';
import type { Sender, SenderContext } from './sender.ts';
import { sendToSlack } from './slack.ts';
import { sendMail } from './smtp.ts';
import { sendToWebhook } from './webhook.ts';

const SENDERS = {
  console: sendToConsole,
  file: sendToFile,
  webhook: sendToWebhook,
  slack: sendToSlack,
  smtp: sendMail,
} satisfies Record<ChannelType, Sender>;

export function createNotify(context: SenderContext): NotifyPort {
  const deliveries = createDeliveries(join(context.folder, 'delivered'));
  // What goes on now, so that two tries in one worker go one after the other.
  const underWay = new Map<string, Promise<unknown>>();
  // What could not be noted: this worker at least does not send it again.
  const unnoted = new Map<string, Delivery>();

  const once: NotifyPort['send'] = async (input, waiting) => {
    const { key, channel } = input;
    const known = unnoted.get(key) ?? (await deliveries.find(key));
    if (known !== undefined) return known;
    waiting.signal.throwIfAborted();
    const delivery = await SENDERS[channel.type](input, context, waiting).catch(settled);
    try {
      await deliveries.note(key, delivery);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      unnoted.set(key, delivery);
    }
    return delivery;
  };

  return {
    send: async (input, waiting) => {
      const { key } = input;
      const before = underWay.get(key) ?? Promise.resolve();
      const mine = before.then(() => once(input, waiting));
      const over = mine.catch(() => undefined);
      underWay.set(key, over);
      try {
        return await mine;
      } finally {
        if (underWay.get(key) === over) underWay.delete(key);
      }
    },
  };
}

/** What no other try would change is an answer like any other. */
function settled(error: unknown): Delivery {
  if (error instanceof Failure && !error.retryable) {
    return { delivered: false, reason: error.message };
  }
  throw error;
}
