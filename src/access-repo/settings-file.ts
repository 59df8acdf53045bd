import { type ReadFile, readFile } from "./read-file.ts";
import { type Settings, settingsSchema } from "./settings-schema.ts";

/** Parses the settings, with every default filled in. Never throws. */
export const parseSettings = (text: string | undefined, path: string): ReadFile<Settings> =>
  readFile(text, path, settingsSchema);
