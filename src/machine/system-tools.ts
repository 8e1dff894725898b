// Tools of the machine, such as `ip` and `mount`.

/** The environment that finds them: people who are not root often have no folder of system tools on their PATH. */
export function systemToolEnvironment(): Record<string, string | undefined> {
  return { ...process.env, PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin` };
}
