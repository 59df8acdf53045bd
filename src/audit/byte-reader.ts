/** Lines and counted bytes from a stream, with at most one item in memory. */
export class ByteReader {
  readonly #source: AsyncIterator<Buffer>;
  #buffer: Buffer = Buffer.alloc(0);

  constructor(source: AsyncIterable<Buffer>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /** Up to the next `end` byte, which is taken and left out; undefined at the end of the stream. */
  async until(end: number): Promise<string | undefined> {
    let from = 0;
    for (;;) {
      const at = this.#buffer.indexOf(end, from);
      if (at >= 0) {
        const item = this.#buffer.toString("utf8", 0, at);
        this.#buffer = this.#buffer.subarray(at + 1);
        return item;
      }
      from = this.#buffer.length;
      if (!(await this.#more())) return undefined;
    }
  }

  /** Exactly `size` bytes; undefined where the stream ends before. */
  async take(size: number): Promise<Buffer | undefined> {
    const parts: Buffer[] = [];
    let missing = size;
    while (missing > this.#buffer.length) {
      parts.push(this.#buffer);
      missing -= this.#buffer.length;
      this.#buffer = Buffer.alloc(0);
      if (!(await this.#more())) return undefined;
    }
    parts.push(this.#buffer.subarray(0, missing));
    this.#buffer = this.#buffer.subarray(missing);
    return Buffer.concat(parts);
  }

  /** Passes over `size` bytes without keeping them. */
  async skip(size: number): Promise<void> {
    let missing = size;
    while (missing > this.#buffer.length) {
      missing -= this.#buffer.length;
      this.#buffer = Buffer.alloc(0);
      if (!(await this.#more())) return;
    }
    this.#buffer = this.#buffer.subarray(missing);
  }

  /** Ends the source; needed when leaving before its end. */
  async close(): Promise<void> {
    await this.#source.return?.();
  }

  async #more(): Promise<boolean> {
    const { value, done } = await this.#source.next();
    if (done) return false;
    this.#buffer = this.#buffer.length === 0 ? value : Buffer.concat([this.#buffer, value]);
    return true;
  }
}
