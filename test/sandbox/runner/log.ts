const unescape = (text: string) => text.replaceAll("%0D", "\r").replaceAll("%0A", "\n").replaceAll("%25", "%");

/** The job's log. A mask applies to what is written after it, never to what was written before: that is the trap to test. */
export class Log {
  readonly #masks = new Set<string>();
  readonly #lines: string[] = [];

  mask(secret: string): void {
    for (const part of [secret, ...secret.split(/\r?\n/)]) if (part !== "") this.#masks.add(part);
  }

  masked(text: string): string {
    // Longest first: a secret that contains another must not leave its rest behind.
    const secrets = [...this.#masks].sort((a, b) => b.length - a.length);
    return secrets.reduce((masked, secret) => masked.replaceAll(secret, "***"), text);
  }

  holdsMasked = (text: string): boolean => this.masked(text) !== text;

  write(text: string): void {
    this.#lines.push(this.masked(text));
  }

  /** One line of a process's output, which may be a workflow command. */
  output(line: string): void {
    const command = /^\s*::([a-z-]+)(?: ([^:]*))?::(.*)$/s.exec(line);
    if (!command) return this.write(line);
    const [, name = "", , data = ""] = command;
    switch (name) {
      case "add-mask":
        return this.mask(unescape(data));
      case "error":
      case "warning":
      case "notice":
      case "group":
        return this.write(`##[${name}]${unescape(data)}`);
      case "debug":
      case "endgroup":
        return;
      default:
        return this.write(line);
    }
  }

  toString(): string {
    return `${this.#lines.join("\n")}\n`;
  }
}
