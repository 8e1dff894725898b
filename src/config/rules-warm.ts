// What `warm` of a datastore must be: it fills what was flushed, by services that are there.
import type { Datastore } from './datastores.ts';
import type { Drill } from './drill.ts';
import { drilledServices, type DrillFile } from './rules-drill.ts';
import type { Remark } from './rules.ts';
import { didYouMean, listed, shown } from './wording.ts';

interface Declared extends DrillFile {
  drill: Drill | undefined;
}

export function warmRemarks(
  name: string,
  { role, warm = [] }: Datastore,
  { drill, ...file }: Declared,
): Remark[] {
  const { services, declared } = file;
  if (warm.length === 0) return [];
  if (role === 'primary') {
    const message =
      'means nothing for a primary datastore, which is restored and never flushed; remove it, or write role: derived';
    return [{ path: ['warm'], message }];
  }
  // Which services are started is known only once all of them are right.
  const whole = declared.every((one) => services[one] !== undefined);
  if (whole && !declared.some((one) => services[one]?.datastores.includes(name) === true)) {
    const message = `no service names ${name} in its datastores, so that a drill neither flushes nor warms it; name it there, or remove this`;
    return [{ path: ['warm'], message }];
  }
  const started = drill === undefined || !whole ? undefined : drilledServices(drill, file);
  const isStarted = started?.some((one) => services[one]?.datastores.includes(name)) === true;
  return warm.flatMap(({ service }, index) => {
    const path = ['warm', index, 'service'];
    if (!declared.includes(service)) {
      const message = `there is no service ${shown(service)}${didYouMean(service, declared)}; declared in services: ${listed(declared)}`;
      return [{ path, message }];
    }
    if (started === undefined || !isStarted || started.includes(service)) return [];
    const message = `the service ${shown(service)} is not started in a drill, which starts ${listed(started)}, so that ${name} would stay cold there; name it in drill.services`;
    return [{ path, message }];
  });
}
