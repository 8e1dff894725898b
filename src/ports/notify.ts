// The port to the channels through which people are told. Implemented in integrations/notify/. Every verb throws `Failure`.
import type { Channel } from '../config/channel.ts';
import type { Notice } from '../domain/people/notice.ts';
import type { Waiting } from './waiting.ts';

/** Tells people through one channel of a system file. */
export interface NotifyPort {
  /**
   * Once per key, also when it is asked again after a crash. What is settled is returned, delivered or not;
   * throws Unavailable for what may be different next time, and the signal's reason when aborted.
   */
  send(input: SendInput, waiting: Waiting): Promise<Delivery>;
}

export interface SendInput {
  key: string;
  name: string;
  channel: Channel;
  /** What files of secrets are relative to. */
  directory: string;
  notice: Notice;
}

/** `reason`: why it was not delivered, or not to everybody. */
export type Delivery = { delivered: true } | { delivered: false; reason: string };
