// Who is asking: --as NAME, or the user of the operating system. A claim, and recorded as one.
import { userInfo } from 'node:os';
import { describeValue } from '../domain/text/describe-value.ts';
import { STANDS_FOR_A_NAME } from '../domain/people/answers.ts';
import { PERSON_ALLOWED, personIn } from '../domain/text/names.ts';
import { EXIT, ExitError } from './exit.ts';

export function actorName(as: string | undefined): string {
  const typed = as ?? osUser();
  const name = personIn(typed);
  if (as !== undefined && STANDS_FOR_A_NAME.has(as)) {
    throw new ExitError(EXIT.badInput, `${as} stands for a name: put in who it is`);
  }
  if (name !== undefined) return name;
  const problem =
    as === undefined
      ? `the user of this machine is called ${describeValue(typed)}: say --as NAME`
      : `--as is ${describeValue(as)}`;
  throw new ExitError(EXIT.badInput, `${problem}, allowed: ${PERSON_ALLOWED}`);
}

function osUser(): string {
  try {
    return userInfo().username;
  } catch {
    // A container may run under a number that has no name.
    return `uid-${process.getuid?.() ?? 'unknown'}`;
  }
}
