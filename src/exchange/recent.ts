/**
 * A map of promises that forgets its oldest entries, for answers that can never change (keyed by git ids). A failure is
 * not kept, nor a "not there": GitHub may not show yet what it has, and after an error the next caller asks again (C45).
 */
export class Recent<T> {
  readonly #most: number;
  readonly #values = new Map<string, Promise<T>>();
  constructor(most: number) {
    this.#most = most;
  }
  get(key: string, make: () => Promise<T>): Promise<T> {
    const known = this.#values.get(key);
    if (known) return known;
    const value = make();
    this.#values.set(key, value);
    const forget = (): void => {
      if (this.#values.get(key) === value) this.#values.delete(key);
    };
    value.then((answer) => (answer === null ? forget() : undefined), forget);
    const oldest = this.#values.keys().next().value;
    if (this.#values.size > this.#most && oldest !== undefined) this.#values.delete(oldest);
    return value;
  }
}
