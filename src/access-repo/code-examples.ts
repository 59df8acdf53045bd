import type { CodeExample } from "./code-example.ts";
import { examplesCs1 } from "./code-examples-cs1.ts";
import { examplesCs2 } from "./code-examples-cs2.ts";
import { examplesCs3 } from "./code-examples-cs3.ts";
import { examplesCs4 } from "./code-examples-cs4.ts";
import { examplesCs5 } from "./code-examples-cs5.ts";
import { examplesCs6 } from "./code-examples-cs6.ts";
import type { Code } from "./codes.ts";

/** For every code what earns it. A code without one does not compile. */
export const codeExamples: Readonly<Record<Code, CodeExample>> = {
  ...examplesCs1,
  ...examplesCs2,
  ...examplesCs3,
  ...examplesCs4,
  ...examplesCs5,
  ...examplesCs6,
};
