// Texts in the YAML that `fairlead init` writes.

/** A text as YAML takes it in flow style; without quotes where they are not needed. */
export function quoted(text: string): string {
  const isPlain =
    /^[A-Za-z./][\w./-]*$/.test(text) && !/^(?:true|false|yes|no|on|off|null)$/i.test(text);
  return isPlain ? text : `'${text.replaceAll("'", "''")}'`;
}
