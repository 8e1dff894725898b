// Smooth weighted round-robin (nginx's): over any 100 turns each candidate gets exactly its percent, spread
// evenly. The state is one number per candidate; candidates may come and go between turns.

export interface Candidate<T> {
  key: string;
  weight: number;
  value: T;
}

export class WeightedRotation {
  #current = new Map<string, number>();

  /** Forgets the past: called when the weights change, so that the new ones hold exactly from here on. */
  reset(): void {
    this.#current.clear();
  }

  /** Whose turn it is; undefined without candidates. Weights are positive. */
  next<T>(candidates: Candidate<T>[]): T | undefined {
    let best: Candidate<T> | undefined;
    let bestCurrent = -Infinity;
    let total = 0;
    for (const candidate of candidates) {
      const current = (this.#current.get(candidate.key) ?? 0) + candidate.weight;
      this.#current.set(candidate.key, current);
      total += candidate.weight;
      if (current > bestCurrent) {
        best = candidate;
        bestCurrent = current;
      }
    }
    if (best) this.#current.set(best.key, bestCurrent - total);
    return best?.value;
  }
}
