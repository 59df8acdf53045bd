import { describe, expect, test } from "vitest";
import { answerTool } from "../../action/src/aws-process.ts";
import { cleanUp, run } from "../../action/src/run.ts";
import { parseCommandFile } from "../sandbox/runner/command-files.ts";
import { credentialProcess, fakeMachine, granted, json, secrets } from "./fake-machine.ts";

const asked = { "INPUT_CREDENTIALS-FILE": "true", RUNNER_TEMP: "/temp" };
const settingsPath = "/temp/countersign-0000.json";
const configPath = "/temp/countersign-0000.ini";
const settings = {
  url: "https://countersign.acme.example",
  target: "aws-prod",
  audience: "https://countersign.acme.example",
};

describe("credentials-file for aws", () => {
  test("writes a configuration whose credential_process is ours, and no secret anywhere but in masked outputs", async () => {
    const { machine, text, kept } = fakeMachine([json(200, granted())], { env: { ...asked, INPUT_ROLE: "operator" } });
    expect(await run(machine)).toBe(0);
    expect(kept.get(configPath)).toBe(
      `[default]\nregion = eu-west-1\ncredential_process = "/runner/node24" "/action/dist/credential-process.js" "${settingsPath}"\n`,
    );
    expect(JSON.parse(kept.get(settingsPath) ?? "")).toEqual({ ...settings, role: "operator" });
    expect(Object.fromEntries(parseCommandFile(text("GITHUB_ENV")))).toEqual({
      AWS_REGION: "eu-west-1",
      AWS_DEFAULT_REGION: "eu-west-1",
      AWS_CONFIG_FILE: configPath,
      AWS_SDK_LOAD_CONFIG: "1",
    });
    expect(parseCommandFile(text("GITHUB_OUTPUT")).get("aws-config-file")).toBe(configPath);
    for (const secret of Object.values(secrets)) expect([...kept.values()].join()).not.toContain(secret);
  });
  test("takes away the keys of an earlier step, which tools would use before it", async () => {
    const { machine, text } = fakeMachine([json(200, granted())], { env: { ...asked, AWS_ACCESS_KEY_ID: "old" } });
    expect(await run(machine)).toBe(0);
    expect(parseCommandFile(text("GITHUB_ENV")).get("AWS_ACCESS_KEY_ID")).toBe("");
    expect(text("out")).toContain("Cleared AWS_ACCESS_KEY_ID");
  });
  test("post deletes both files and empties what names them", async () => {
    const before = fakeMachine([json(200, granted())], { env: asked });
    await run(before.machine);
    const state = parseCommandFile(before.text("GITHUB_STATE"));
    const after = fakeMachine([], {
      env: { RUNNER_TEMP: "/temp", STATE_files: state.get("files"), STATE_exported: state.get("exported") },
    });
    for (const [path, text] of before.kept) after.kept.set(path, text);
    expect(await cleanUp(after.machine)).toBe(0);
    expect([...after.kept]).toEqual([]);
    expect(parseCommandFile(after.text("GITHUB_ENV")).get("AWS_CONFIG_FILE")).toBe("");
  });
  test.each(['/te"mp', "/te$mp", "/te`mp", "/te\nmp"])(
    "a folder %j would be another command in some shell: none",
    async (folder) => {
      const { machine, text, kept } = fakeMachine([json(200, granted())], { env: { ...asked, RUNNER_TEMP: folder } });
      expect(await run(machine)).toBe(1);
      expect(text("out")).toContain("(no_temporary_folder)");
      expect([...kept]).toEqual([]);
    },
  );
});

describe("what a tool of AWS is answered", () => {
  const start = async (answers: Parameters<typeof fakeMachine>[0], text = JSON.stringify(settings)) => {
    const fake = fakeMachine(answers);
    let complaint = "";
    const exit = await answerTool(
      fake.machine,
      () => text,
      (said) => (complaint += said),
    );
    return { ...fake, exit, complaint };
  };
  test("the document and nothing else, by a new token of the job", async () => {
    const { exit, text, complaint, tokens, exchanges } = await start([json(200, granted())]);
    expect([exit, complaint]).toEqual([0, ""]);
    expect(text("out")).toBe(`${credentialProcess()}\n`);
    expect([tokens.length, exchanges.length]).toEqual([1, 1]);
    expect(new URLSearchParams(exchanges[0]?.init.body as string).get("audience")).toBe("aws-prod");
  });
  test("a refusal is exit 1 with the reason on standard error, and nothing on standard output", async () => {
    const refusal = {
      error: "grant_expired",
      error_description: "The grant has ended. Ask again.",
      correlation_id: "c-1",
    };
    const { exit, text, complaint, exchanges } = await start([json(403, refusal)]);
    expect([exit, text("out"), exchanges.length]).toEqual([1, "", 1]);
    expect(complaint).toBe("Countersign: The grant has ended. Ask again. (grant_expired)\nCorrelation id: c-1\n");
  });
  test("what passes is tried again with a new token, in silence", async () => {
    const { exit, text, tokens } = await start([json(503, { error: "not_ready" }), json(200, granted())]);
    expect([exit, text("out"), tokens.length]).toEqual([0, `${credentialProcess()}\n`, 2]);
  });
  test("settings that are gone are said to be gone", async () => {
    expect(await start([], "")).toMatchObject({
      exit: 1,
      complaint: "Countersign: The settings of the Action are gone: run its step again.\n",
    });
  });
});
