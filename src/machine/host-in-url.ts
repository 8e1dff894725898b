/** A host as it stands before the colon of a port: `[::1]` of an address of IPv6, anything else as it is. */
export function hostInUrl(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}
