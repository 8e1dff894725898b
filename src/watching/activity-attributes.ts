// Every line that is logged of an activity, by the SDK or by us, says which operation and step it belongs to.
import type { ActivityInterceptorsFactory } from '@temporalio/worker';
import { textAt } from '../domain/json.ts';

export const activityAttributes: ActivityInterceptorsFactory = () => {
  let envelope: unknown;
  return {
    inbound: {
      execute: (input, next) => {
        [envelope] = input.args;
        return next(input);
      },
    },
    outbound: {
      getLogAttributes: (attributes, next) => {
        const operation = textAt(envelope, 'operation');
        const step = textAt(envelope, 'step');
        return next({
          ...attributes,
          ...(operation !== undefined && { operation }),
          ...(step !== undefined && { step }),
        });
      },
    },
  };
};
