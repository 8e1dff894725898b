// The one canonical form (RFC 8785) and the one digest (SHA-256, hex) of a JSON value: system files,
// plans, revisions and evidence are all compared by it. Pure, so that workflows may use it too.
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import canonicalize from 'canonicalize';

type Serializer = (value: unknown) => string | undefined;

// Its types say `{default: function}`; what Node and webpack import is the function itself.
const serializer: unknown = canonicalize;
const isSerializer = (value: unknown): value is Serializer => typeof value === 'function';

/** RFC 8785 JSON. Throws TypeError for what JSON cannot hold at all (undefined, a function). */
export function canonicalJson(value: unknown): string {
  if (!isSerializer(serializer)) throw new TypeError('the package canonicalize is not a function');
  const text = serializer(value);
  if (text === undefined)
    throw new TypeError(`no canonical JSON for a value of type ${typeof value}`);
  return text;
}

/** SHA-256 over the canonical form, 64 hex digits. */
export function digestOf(value: unknown): string {
  return bytesToHex(sha256(utf8ToBytes(canonicalJson(value))));
}
