// The notify port: one sender per type of channel, each notice once per key. Made by the worker.
import type { Delivery, NotifyPort } from '../../ports/notify.ts';
import type { ObjectsPort } from '../../ports/objects.ts';
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

export function createNotify(
  context: SenderContext & { objects: Pick<ObjectsPort, 'get' | 'put'> },
): NotifyPort {
  const deliveries = createDeliveries(context.objects);
  // Sendings under way by key, so that two tries in one worker go one after the other.
  const underWay = new Map<string, Promise<unknown>>();
  // Deliveries that could not be noted: this worker at least does not send them again.
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

/** A failure that no other try would change is the answer `not delivered`; every other one is thrown on. */
function settled(error: unknown): Delivery {
  if (error instanceof Failure && !error.retryable) {
    return { delivered: false, reason: error.message };
  }
  throw error;
}
