// What a history, or anything else of Temporal's, holds as text: payloads are bytes there, and base64 in JSON.
export function textOf(value: unknown): string {
  const seen: string[] = [];
  const visit = (one: unknown): void => {
    if (one instanceof Uint8Array) seen.push(Buffer.from(one).toString('utf8'));
    else if (typeof one === 'string') seen.push(one);
    else if (typeof one === 'object' && one !== null) Object.values(one).forEach(visit);
  };
  visit(value);
  return seen.join('\n');
}
