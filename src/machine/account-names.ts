// Names of users and groups of this machine, both ways: numbers mean somebody else on another machine.
import { readFile } from 'node:fs/promises';

const USERS = '/etc/passwd';

export interface AccountNames {
  userOf(uid: number): string | undefined;
  groupOf(gid: number): string | undefined;
  uidOf(user: string): number | undefined;
  gidOf(group: string): number | undefined;
}

export async function accountNames(): Promise<AccountNames> {
  const [people, groups] = await Promise.all([users(), accountsIn('/etc/group')]);
  return {
    userOf: (uid) => people.find((one) => one.id === uid)?.name,
    groupOf: (gid) => groups.find((one) => one.id === gid)?.name,
    uidOf: (user) => people.find(({ name }) => name === user)?.id,
    gidOf: (group) => groups.find(({ name }) => name === group)?.id,
  };
}

/** A line of /etc/passwd or /etc/group. */
export interface Account {
  name: string;
  id: number;
  /** The fields behind the number: of a user the group, a comment, the home and the shell; of a group its members. */
  more: string[];
}

/** The users of this machine. */
export function users(): Promise<Account[]> {
  return accountsIn(USERS);
}

/** Empty where the file cannot be read. */
async function accountsIn(file: string): Promise<Account[]> {
  const text = await readFile(file, 'utf8').catch(() => '');
  return text.split('\n').flatMap((line) => {
    const [name = '', , id = '', ...more] = line.split(':');
    return name !== '' && /^\d+$/.test(id) ? [{ name, id: Number(id), more }] : [];
  });
}
