// Looks whether places can be reached from where it is started, and prints what it saw as JSON: `look PLACES`, started in
// the network of a copy's server.
import { looked } from './protocol.ts';
import { lookAt } from './reach.ts';

const PROBE_MS = 2000;

const places = looked.parse(JSON.parse(process.argv[2] ?? '[]'));
const looks = await Promise.all(places.map((place) => lookAt(place, PROBE_MS)));
process.stdout.write(JSON.stringify(looks));
