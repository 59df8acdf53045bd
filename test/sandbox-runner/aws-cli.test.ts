import { afterEach, expect, test, vi } from "vitest";
import { awsCli } from "../sandbox/runner/aws-cli.ts";

afterEach(() => vi.restoreAllMocks());

test.each([
  ["a command that it does not know", ["ec2", "describe-instances"], "the sandbox's aws knows"],
  ["a missing --bucket", ["s3api", "delete-bucket"], "the following arguments are required: --bucket"],
])("%s is misuse, exit code 252", async (_, args, message) => {
  const printed = vi.spyOn(console, "error").mockImplementation(() => undefined);
  expect(await awsCli(args)).toBe(252);
  expect(printed.mock.calls.flat().join("\n")).toContain(message);
});
