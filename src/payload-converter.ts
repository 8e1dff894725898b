// One payload converter for worker, bundle, client and replay. It is total: what it cannot decode becomes
// `{$undecodable: why}`, because a single bad signal would otherwise fail every task of a running workflow.
import { defaultPayloadConverter, type Payload, type PayloadConverter } from '@temporalio/common';

export interface Undecodable {
  $undecodable: string;
}

export const payloadConverter: PayloadConverter = {
  toPayload: (value) => defaultPayloadConverter.toPayload(value),
  // The SDK's signature: the caller says what it expects, and checks it.
  // eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters
  fromPayload: <T>(payload: Payload) => {
    try {
      return defaultPayloadConverter.fromPayload<T>(payload);
    } catch (error) {
      // Whoever receives it checks what came in: parseRequest and parseMessage know this shape.
      return undecodable(error) as T;
    }
  },
};

function undecodable(error: unknown): Undecodable {
  const why = error instanceof Error ? error.message : 'no reason given';
  return { $undecodable: why.slice(0, 200) };
}
