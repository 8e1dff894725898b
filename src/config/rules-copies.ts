// What drill.configuration says of copies: `{{copy.orders.password}}` has to name one that a drill makes and that
// somebody logs in to.
import { copyNames, copyPlaceholder, strangeIn } from '../domain/copy-template.ts';
import type { Drill } from './drill.ts';
import { drilledServices, type DrillFile } from './rules-drill.ts';
import type { Remark } from './rules.ts';
import { didYouMean, listed, shown } from './wording.ts';

type Declared = Pick<DrillFile, 'services' | 'datastores'>;

export function copyRemarks(drill: Drill, declared: Declared): Remark[] {
  const known = allowed(drill, declared);
  return Object.entries(drill.configuration).flatMap(([service, settings]) =>
    Object.entries(settings).flatMap(([name, value]) => {
      if (typeof value !== 'string') return [];
      const path = ['configuration', service, name];
      return strangeIn(value, known).map((one) => ({
        path,
        message: strangeWords(one, known, declared),
      }));
    }),
  );
}

/** Of datastores that are restored, or started empty because a service that is started names them. */
function allowed(drill: Drill, declared: Declared): string[] {
  const { services, datastores } = declared;
  const bound = drilledServices(drill, declared).flatMap(
    (name) => services[name]?.datastores ?? [],
  );
  return Object.entries(datastores).flatMap(([name, { kind, role }]) =>
    role === 'primary' || bound.includes(name) ? copyNames(name, kind) : [],
  );
}

function strangeWords(one: string, known: readonly string[], { datastores }: Declared): string {
  const filled = `filled in here: ${listed(known.map((name) => `{{${name}}}`))}`;
  if (one === '{{' || one === '}}') return `${shown(one)} without its partner; ${filled}`;
  const name = copyPlaceholder(one)?.datastore ?? '';
  const store = datastores[name];
  if (store?.kind === 'files') {
    return `{{${one}}}: ${name} is of kind files, which nobody logs in to; ${filled}`;
  }
  const fields = store === undefined ? [] : copyNames(name, store.kind);
  if (fields.includes(one)) {
    return `{{${one}}}: the derived datastore ${name} is not started in a drill, because no service that is started names it in its datastores; ${filled}`;
  }
  return `unknown placeholder {{${one}}}${didYouMean(one, known)}; ${filled}`;
}
