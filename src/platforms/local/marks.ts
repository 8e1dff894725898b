// Marks for Fairlead's own requests to a service: each is good for one request, to one service, for a while. Whoever catches
// one (another program may hold the service's port by now) has nothing: it is no key to anything.
import { randomBytes } from 'node:crypto';

/** Milliseconds of the monotonic clock: as long as the last of 500 probes may wait for its turn. */
const GOOD_FOR = 300_000;

export class Marks {
  readonly #issued = new Map<string, { service: string; until: number }>();

  /** `service` by its key, as in `shop/api`. `now` in milliseconds of the monotonic clock. */
  issue(service: string, count: number, now: number): string[] {
    for (const [mark, { until }] of this.#issued) {
      if (until > now) break;
      this.#issued.delete(mark);
    }
    return Array.from({ length: count }, () => {
      const mark = randomBytes(24).toString('base64url');
      this.#issued.set(mark, { service, until: now + GOOD_FOR });
      return mark;
    });
  }

  /** True once, for a mark of this service that is not too old. Asked for by another service it is used up as well. */
  use(mark: string, service: string, now: number): boolean {
    const issued = this.#issued.get(mark);
    this.#issued.delete(mark);
    return issued?.service === service && issued.until > now;
  }
}
