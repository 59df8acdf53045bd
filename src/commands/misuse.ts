import { CountersignError } from "../base/errors.ts";

/** A command was asked for something that it cannot do: exit 2. The message says what to write instead. */
export class Misuse extends CountersignError {
  constructor(message: string) {
    super("misuse", message);
  }
}
