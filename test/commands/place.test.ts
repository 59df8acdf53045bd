import { mkdirSync } from "node:fs";
import { join } from "node:path";
import * as fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { hostOption, parseRemote, readPlace, repositoryOption, shown } from "../../src/commands/place.ts";
import { type Folder, newFolder } from "./access-repo.ts";
import { anyText } from "./run.ts";

const github = { host: "https://github.com", fullName: "acme/access" };

describe("a remote", () => {
  test.each([
    ["https://github.com/acme/access.git", github],
    ["https://github.com/acme/access", github],
    ["https://github.com/acme/access/", github],
    ["git@github.com:acme/access.git", github],
    ["github.com:acme/access", github],
    ["ssh://git@github.com:22/acme/access.git", github],
    ["ssh://git@ssh.github.com:443/acme/access.git", github],
    ["git@ssh.github.com:acme/access.git", github],
    ["git://GitHub.com/acme/access", github],
    ["https://ghe.acme.example:8443/acme/access", { host: "https://ghe.acme.example:8443", fullName: "acme/access" }],
    ["ssh://git@ghe.acme.example:2222/acme/access", { host: "https://ghe.acme.example", fullName: "acme/access" }],
    ["http://127.0.0.1:8080/acme/access", { host: "http://127.0.0.1:8080", fullName: "acme/access" }],
    ["https://github.com/acme/.github", { host: "https://github.com", fullName: "acme/.github" }],
  ])("%s", (url, expected) => expect(parseRemote(url)).toEqual(expected));

  test.each([
    ["nothing", ""],
    ["a folder", "/srv/git/access.git"],
    ["a folder beside", "../access"],
    ["a file address", "file:///srv/git/access.git"],
    // `gh:` of insteadOf, `github-work` of an ssh configuration: what they lead to is not known here.
    ["a shortcut of git's configuration", "gh:acme/access"],
    ["a name of an ssh configuration", "git@github-work:acme/access"],
    ["such a name as an address", "ssh://git@github-work/acme/access"],
    ["a deeper path", "https://gitlab.example/acme/group/access"],
    ["no owner", "https://github.com/access"],
    ["a name of dots", "https://github.com/acme/.."],
    ["another scheme", "ext::sh -c touch% /tmp/x"],
    ["a script", "javascript:alert(1)//acme/access"],
    ["markup", "https://github.com/acme/<script>"],
  ])("that is %s says nothing", (_, url) => expect(parseRemote(url)).toBeUndefined());

  test("gives nothing of the credentials in it", () => {
    const secret = fc.stringMatching(/^[A-Za-z0-9]{8,40}$/).map((text) => `S3cr3t${text}`);
    const shapes = [
      (s: string) => `https://${s}@github.com/acme/access.git`,
      (s: string) => `https://x-access-token:${s}@github.com/acme/access`,
      (s: string) => `https://:${s}@github.com/acme/access`,
      (s: string) => `http://alice:${s}@ghe.acme.example:8080/acme/access`,
      (s: string) => `https://github.com/acme/access?token=${s}`,
      (s: string) => `https://github.com/acme/access#${s}`,
      (s: string) => `ssh://alice:${s}@github.com/acme/access`,
      (s: string) => `${s}@github.com:acme/access`,
    ];
    fc.assert(
      fc.property(secret, fc.constantFrom(...shapes), (s, shape) => {
        expect(JSON.stringify(parseRemote(shape(s)))).not.toContain(s);
        // An option of this text is refused or taken, and neither tells the secret.
        for (const read of [() => repositoryOption("--repository", shape(s)), () => hostOption(shape(s))]) {
          let told: string;
          try {
            told = JSON.stringify(read());
          } catch (error) {
            told = String(error);
          }
          expect(told).not.toContain(s);
        }
      }),
    );
  });

  test("whatever it is, is read or not, and never a name that GitHub cannot have", () => {
    fc.assert(
      fc.property(
        fc.constantFrom("", "https://", "git@", "ssh://a:"),
        fc.oneof(anyText, fc.string()),
        (start, rest) => {
          const url = `${start}${rest}`;
          const place = parseRemote(url);
          if (place === undefined) return;
          expect(place.fullName).toMatch(/^[A-Za-z0-9_-]+\/[A-Za-z0-9._-]+$/);
          expect(new URL(place.host).origin).toBe(place.host);
        },
      ),
    );
  });
  test("of a megabyte is read at once", () => {
    for (const url of [
      "a".repeat(1e6),
      `https://${"a.".repeat(5e5)}/x/y`,
      `git@${"-".repeat(1e6)}:a/b`,
      "@".repeat(1e6),
    ])
      expect(parseRemote(url)).toBeUndefined();
  });
});

describe("where an access repo is", () => {
  let folder: Folder;
  beforeEach(() => {
    folder = newFolder();
    folder.git("init", "-q", "-b", "trunk");
  });
  afterEach(() => folder.remove());

  test("the clone's remote says it, and its default branch", async () => {
    expect(await readPlace(folder.dir, {})).toBeNull();
    folder.git("remote", "add", "origin", "git@github.com:acme/access.git");
    // Nothing is committed: the first commit will be on this branch.
    expect(await readPlace(folder.dir, {})).toEqual({ ...github, defaultBranch: "trunk" });
    folder.commit({});
    expect(await readPlace(folder.dir, {})).toEqual({ ...github, defaultBranch: "main" });
    folder.git("update-ref", "refs/remotes/origin/master", "HEAD");
    expect(await readPlace(folder.dir, {})).toEqual({ ...github, defaultBranch: "master" });
    folder.git("update-ref", "refs/remotes/origin/release/2", "HEAD");
    folder.git("symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/release/2");
    expect(await readPlace(folder.dir, {})).toEqual({ ...github, defaultBranch: "release/2" });
  });
  test("options say it louder", async () => {
    folder.git("remote", "add", "origin", "git@github.com:acme/access.git");
    const options = { repository: "acme/other", host: "ghe.acme.example", branch: "main" };
    expect(await readPlace(folder.dir, options)).toEqual({
      host: "https://ghe.acme.example",
      fullName: "acme/other",
      defaultBranch: "main",
    });
    const address = { repository: "https://alice:tok@ghe.acme.example/acme/other.git" };
    expect(await readPlace(folder.dir, address)).toMatchObject({
      host: "https://ghe.acme.example",
      fullName: "acme/other",
    });
  });
  test("the remote of a repository around it is not its own", async () => {
    folder.git("remote", "add", "origin", "git@github.com:acme/countersign.git");
    mkdirSync(join(folder.dir, "access"));
    expect(await readPlace(join(folder.dir, "access"), {})).toBeNull();
    expect(await readPlace(join(folder.dir, "not-there"), {})).toBeNull();
  });
  test.each([
    ["repository", "acme"],
    ["repository", ""],
    ["repository", "acme/access/more"],
    ["repository", "-acme/access"],
    ["repository", "acme/a b"],
    ["host", "https://github.com/acme"],
    ["host", "https://u:p@github.com"],
    ["host", "javascript:alert(1)"],
    ["host", ""],
    ["branch", ""],
    ["branch", "-x"],
    ["branch", "a b"],
    ["branch", "a..b"],
    ["branch", "a\nb"],
    ["branch", "x".repeat(300)],
  ])("--%s %j is refused", async (option, value) => {
    await expect(readPlace(folder.dir, { [option]: value })).rejects.toThrow(`--${option}: write`);
  });
});

test("what was typed is shown without what looks like credentials, and clipped", () => {
  expect(shown("https://alice:tok@host/x")).toBe('"https://***@host/x"');
  expect(shown("ghp_tok@github.com:a")).toBe('"***@github.com:a"');
  expect(shown("\u001b[2Jx")).toBe('"\ufffd[2Jx"');
  expect(shown("x".repeat(1e6)).length).toBeLessThan(110);
});
