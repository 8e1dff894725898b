// A lease: the exclusive right to change one service. It is open for as long as somebody holds it and does
// nothing else; its id makes it exclusive, its start time is the epoch.
import {
  ApplicationFailure,
  CancellationScope,
  isCancellation,
  setCurrentDetails,
  setDefaultSignalHandler,
  workflowInfo,
} from '@temporalio/workflow';
import { answerReservedNames } from './steps/reserved-names.ts';

export async function lease(): Promise<string> {
  setDefaultSignalHandler(() => undefined);
  answerReservedNames(
    () => undefined,
    (name) => {
      throw ApplicationFailure.nonRetryable(`a lease takes no message ${name}`, 'Refused');
    },
  );
  const { parent, workflowId } = workflowInfo();
  if (parent === undefined) {
    throw ApplicationFailure.nonRetryable(
      'a lease is taken by an operation, never by hand: start the operation itself',
      'refused',
    );
  }
  setCurrentDetails(`${workflowId} is held by ${parent.workflowId} (run ${parent.runId}).`);
  try {
    await CancellationScope.current().cancelRequested;
  } catch (error) {
    if (!isCancellation(error)) throw error;
  }
  return 'given back';
}
