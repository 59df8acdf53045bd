// First line of every npm script. Plain CommonJS of the oldest dialect on purpose: it must run on the Node that is
// too old for the rest, and say so instead of failing on syntax. npm puts the pinned Node (node-linux-*, see
// package.json) first in PATH, so on Linux x64 and arm64 this passes whatever the system's Node is.
"use strict";
var major = Number(process.versions.node.split(".")[0]);
if (major < 24) {
  console.error(
    "Countersign needs Node 24 or newer; this is " + process.version + " (" + process.platform + "/" + process.arch + ").\n" +
      "On Linux x64 and arm64 `npm ci` installs it beside the project: run `npm ci` without --omit=optional, then `npm run ...`.\n" +
      "Elsewhere install it from https://nodejs.org/en/download or with `nvm install 24`, then try again."
  );
  process.exit(1);
}
