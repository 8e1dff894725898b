// Names of users and groups of this machine, both ways: numbers mean somebody else on another machine.
import { readFile } from 'node:fs/promises';

export interface AccountNames {
  userOf(uid: number): string | undefined;
  groupOf(gid: number): string | undefined;
  uidOf(user: string): number | undefined;
  gidOf(group: string): number | undefined;
}

export async function accountNames(): Promise<AccountNames> {
  const [users, groups] = await Promise.all([entriesIn('/etc/passwd'), entriesIn('/etc/group')]);
  return {
    userOf: (uid) => users.find((one) => one.id === uid)?.name,
    groupOf: (gid) => groups.find((one) => one.id === gid)?.name,
    uidOf: (user) => users.find(({ name }) => name === user)?.id,
    gidOf: (group) => groups.find(({ name }) => name === group)?.id,
  };
}

async function entriesIn(file: string): Promise<{ name: string; id: number }[]> {
  const text = await readFile(file, 'utf8').catch(() => '');
  return text.split('\n').flatMap((line) => {
    const [name = '', , id = ''] = line.split(':');
    return name !== '' && /^\d+$/.test(id) ? [{ name, id: Number(id) }] : [];
  });
}
