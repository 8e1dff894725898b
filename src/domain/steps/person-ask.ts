// What a step of a runbook of steps asks of a person.

/** What a person is asked for: to do something and tick it, or to choose. */
export interface PersonAsk {
  kind: 'tick' | 'choose';
  text: string;
  /** To choose from. */
  options?: string[];
}
