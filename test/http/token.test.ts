import { describe, expect, it } from "vitest";
import { RetryLater } from "../../src/base/errors.ts";
import { endless, world } from "./helpers.ts";

describe("POST /token", () => {
  it("hands the parameters on, and nobody may keep the answer", async () => {
    const { form } = world();
    const response = await form("grant_type=x&audience=aws-prod&empty=");
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({
      got: [
        ["grant_type", "x"],
        ["audience", "aws-prod"],
      ],
    });
    expect(response.headers.get("cache-control")).toBe("no-store");
    expect(response.headers.get("pragma")).toBe("no-cache");
    expect(response.headers.get("x-correlation-id")).toMatch(/^[0-9a-f-]{36}$/);
  });

  it("gives the exchange the correlation id that the caller sees, never one of the caller's", async () => {
    let seen = "";
    const { form } = world({
      exchange: async (_, meta) => {
        seen = meta.correlationId;
        return {
          status: 400,
          body: { error: "invalid_grant" },
          headers: { "retry-after": "5", "cache-control": "public" },
        };
      },
    });
    const response = await form("a=b", { "x-correlation-id": "mine\u007f" });
    expect(response.headers.get("x-correlation-id")).toBe(seen);
    expect(seen).not.toContain("mine");
    expect(response.headers.get("retry-after")).toBe("5");
    expect(response.headers.get("cache-control")).toBe("no-store");
  });

  it("refuses a parameter that is given twice, whatever its spelling", async () => {
    const { form } = world();
    for (const body of ["subject_token=a&subject_token=b", "subject_token=a&subject%5Ftoken=b", "a=&a="])
      expect((await form(body)).status).toBe(400);
  });

  it("refuses other media types and bodies over 64 KiB, also when they stream", async () => {
    const { form, post } = world();
    expect((await form("{}", { "content-type": "application/json" })).status).toBe(415);
    expect((await form(`a=${"x".repeat(65_536)}`)).status).toBe(413);
    const { stream, taken } = endless(16_384);
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    expect((await post("/token", stream, headers)).status).toBe(413);
    expect(taken()).toBeLessThan(200_000);
  });

  it("C46: an error becomes 500, one that passes 503 with Retry-After, never a success", async () => {
    const broken = world({ exchange: () => Promise.reject(new Error("relation grant does not exist")) });
    const response = await broken.form("subject_token=eyJhbGciOi.payload.signature");
    expect(response.status).toBe(500);
    expect(response.headers.get("cache-control")).toBe("no-store");
    const away = world({
      exchange: () => Promise.reject(new RetryLater("github_unavailable", "GitHub does not answer", { after: 7 })),
    });
    const later = await away.form("a=b");
    expect([later.status, later.headers.get("retry-after")]).toEqual([503, "7"]);
  });

  it("C44: neither answer nor log holds the error, the stack or the request's body", async () => {
    const { form, lines } = world({ exchange: () => Promise.reject(new Error("relation grant does not exist")) });
    const text = await (await form("subject_token=eyJhbGciOi.payload.signature&audience=aws-prod")).text();
    expect(text).not.toMatch(/grant|exist|stack|\.ts/);
    expect(lines.join("")).not.toMatch(/eyJhbGciOi|aws-prod/);
    expect(lines.join("")).toContain("relation grant does not exist");
  });
});

describe("POST /requests", () => {
  it("says clearly that it is not there, until it is", async () => {
    const response = await world().post("/requests", "{}", { "content-type": "application/json" });
    expect(response.status).toBe(501);
    expect(await response.json()).toMatchObject({ error: "not_implemented" });
  });

  it("hands body and bearer token on", async () => {
    const { post } = world({ requests: async (body, meta) => ({ status: 201, body: { body, bearer: meta.bearer } }) });
    const headers = { "content-type": "application/json", authorization: "Bearer abc" };
    const response = await post("/requests", '{"role":"x"}', headers);
    expect(await response.json()).toEqual({ body: '{"role":"x"}', bearer: "abc" });
  });
});
