import { expect, test } from "vitest";
import { gcpEndpoints } from "../../src/cloud/gcp/endpoints.ts";
import { principalOf, projectOf } from "../../src/cloud/gcp/names.ts";
import { direct, plan, principal } from "../sandbox-clouds/google-world.ts";

test("the principal is of the pool, whichever provider brought it in", () => {
  expect(principalOf(plan)).toBe(principal);
  expect(principalOf({ ...plan, workload_identity_provider: `${plan.workload_identity_provider}-2` })).toBe(principal);
});

test.each([
  ["deployer@acme-prod.iam.gserviceaccount.com", "acme-prod"],
  ["deployer@acme-prod.acme.example.iam.gserviceaccount.com", "acme.example:acme-prod"],
  ["acme-prod@appspot.gserviceaccount.com", "acme-prod"],
  ["123-compute@developer.gserviceaccount.com", undefined],
  ["deployer@acme-prod.iam.gserviceaccount.com.evil.example", undefined],
])("the project of %s is %s", (service_account, project) => {
  expect(projectOf({ ...plan, service_account })).toBe(project);
});

test("direct federation names no project: the provider's is the pool's", () => {
  expect(projectOf(direct)).toBeUndefined();
});

test("the endpoints are Google's own, or the same paths on loopback", () => {
  const own = gcpEndpoints();
  expect(own.sts).toBe("https://sts.googleapis.com/v1/token");
  expect(own.impersonation("a@b")).toBe(
    "https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/a@b:generateAccessToken",
  );
  const local = gcpEndpoints("http://127.0.0.1:4567/google/");
  expect(local.sts).toBe("http://127.0.0.1:4567/google/v1/token");
  expect(local.impersonation("a@b")).toBe(
    "http://127.0.0.1:4567/google/v1/projects/-/serviceAccounts/a@b:generateAccessToken",
  );
});
