// One payload converter for worker, bundle, client and replay. It is total: what it cannot decode becomes
// `{$undecodable: why}`, because a single bad signal would otherwise fail every task of a running workflow.
import { defaultPayloadConverter, type Payload, type PayloadConverter } from '@temporalio/common';

export interface Undecodable {
  $undecodable: string;
}

export const payloadConverter: PayloadConverter = {
  toPayload: (value) => defaultPayloadConverter.toPayload(value),
  fromPayload<T>(payload: Payload): T {
    try {
      return defaultPayloadConverter.fromPayload<T>(payload);
    } catch (error) {
      const why = error instanceof Error ? error.message : 'no reason given';
      const undecodable: Undecodable = { $undecodable: why.slice(0, 200) };
      // Whoever receives it checks what came in: parseRequest and parseMessage know this shape.
      return undecodable as T;
    }
  },
};
