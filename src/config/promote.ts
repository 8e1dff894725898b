// `promote:` of a service: where a version has to have had all users before it comes here.
import { z } from 'zod';
import { NAME_ALLOWED } from '../domain/text/names.ts';
import { duration, text } from './terms.ts';

const place = text(
  /^(?!constructor(?:\/|$))[a-z][a-z0-9-]{0,62}(?:\/(?!constructor$)[a-z][a-z0-9-]{0,62})?$/,
  `SYSTEM or SYSTEM/SERVICE; each is ${NAME_ALLOWED}`,
);

export const promoteSchema = z.strictObject({
  from: place.meta({
    meaning:
      'The system in which a version has to have had all users of the service of the same name, or of the one that is named.',
    example: 'shop-staging',
  }),
  soak: duration
    .prefault('0s')
    .meta({ meaning: 'How long it has to have had all users there.', example: '1h' }),
});
