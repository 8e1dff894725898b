// One part of an object's key, or of a path, out of any text. Used by whatever keeps records by the ids of runs.
import { digestOf } from '../domain/digest.ts';

/** 1 to 200 characters of A-Z a-z 0-9 _ - % ~: nothing in an id leads elsewhere, and two ids never share a name. */
export function encodeName(id: string): string {
  const encoded = [...Buffer.from(id, 'utf8')]
    .map((byte) => {
      const character = String.fromCharCode(byte);
      const code = byte.toString(16).toUpperCase().padStart(2, '0');
      return /[A-Za-z0-9_-]/.test(character) ? character : `%${code}`;
    })
    .join('');
  // `~` is in no encoded name: it marks the names that are cut (255 bytes is the most a file name may have).
  return encoded !== '' && encoded.length <= 200
    ? encoded
    : `${encoded.slice(0, 120)}~${digestOf(id)}`;
}
