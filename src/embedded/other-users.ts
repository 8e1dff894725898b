// Who else has a login on this machine: each of them reaches the server that `up` starts, which asks nobody who they are.
import { readFileSync } from 'node:fs';

const FIRST_PERSON = 1000;
const NOBODY = 65_534;
const NO_LOGIN = /\/(?:nologin|false|sync)$/;
const SHOWN = 3;

/** Names of people with a login besides the user, as /etc/passwd has them; none where it cannot be read. */
export function otherPeople(passwd: string, own: number): string[] {
  return passwd.split('\n').flatMap((line) => {
    const [name = '', , uid = '', , , , shell = ''] = line.split(':');
    const number = Number(uid);
    const isPerson = uid !== '' && number >= FIRST_PERSON && number !== NOBODY;
    return isPerson && number !== own && !NO_LOGIN.test(shell) ? [name] : [];
  });
}

/** Says that they reach the server at an address; nothing where nobody else has a login. */
export function warnOfOthers(address: string, say: (line: string) => void): void {
  const people = otherPeople(passwdText(), process.getuid?.() ?? -1);
  if (people.length === 0) return;
  const more = people.length > SHOWN ? ` and ${people.length - SHOWN} more` : '';
  say(
    `warning: other users of this machine (${people.slice(0, SHOWN).join(', ')}${more}) reach Temporal at ${address}, which asks nobody who they are: they can start, answer and end operations. Start it with --private, or use a cluster with certificates (TEMPORAL_ADDRESS, docs/security.md)`,
  );
}

function passwdText(): string {
  try {
    return readFileSync('/etc/passwd', 'utf8');
  } catch {
    return '';
  }
}
