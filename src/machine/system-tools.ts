// Tools of the machine, such as `ip` and `mount`.

/** What a person does where the machine gives its users no namespaces. */
export const ALLOW_NAMESPACES =
  'Allow user namespaces (sysctl kernel.unprivileged_userns_clone=1, kernel.apparmor_restrict_unprivileged_userns=0, user.max_user_namespaces above 0)';

/** The environment that finds them: people who are not root often have no folder of system tools on their PATH. */
export function systemToolEnvironment(): Record<string, string | undefined> {
  return { ...process.env, PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin` };
}
