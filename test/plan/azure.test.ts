import { describe, expect, test } from "vitest";
import { azureClouds, azureTokenRequest } from "../../src/plan/azure-requests.ts";
import { type Change, codeOf, planOf } from "./kinds.ts";

describe("the azure plan", () => {
  test("resolves the role of the design", () => {
    expect(planOf("azure").data).toMatchObject({
      plan_version: 1,
      kind: "azure",
      subject: "repository:10:azure:azure-prod:deployer",
      tenant_id: "11111111-1111-1111-1111-11111111111a",
      client_id: "22222222-2222-2222-2222-22222222222b",
      subscription_id: "33333333-3333-3333-3333-33333333333c",
      delivery: "token",
      resources: ["https://management.azure.com"],
    });
  });

  test.each<[string, Change<"azure">]>([
    ["tenant", { role: { tenant_id: "91111111-1111-1111-1111-111111111111" } }],
    ["client", { role: { client_id: "92222222-2222-2222-2222-222222222222" } }],
    ["subscription", { role: { subscription_id: "93333333-3333-3333-3333-333333333333" } }],
    ["delivery", { role: { delivery: "assertion" } }],
    ["resources", { role: { resources: ["https://vault.azure.net"] } }],
    [
      "a slash at the end, which is part of a resource's name",
      { role: { resources: ["https://management.azure.com/"] } },
    ],
  ])("its hash covers the %s", (_, change) => expect(planOf("azure", change).hash).not.toBe(planOf("azure").hash));

  test("its hash does not depend on the case of ids, nor on order and repetition of resources", () => {
    const [a, b] = ["https://vault.azure.net", "https://management.azure.com"];
    const one = planOf("azure", { role: { resources: [a, b] } });
    const two = planOf("azure", { role: { resources: [b, a, b], client_id: "22222222-2222-2222-2222-22222222222B" } });
    expect(two.hash).toBe(one.hash);
    expect(one.data.resources).toEqual([b, a]);
  });

  test("is never narrowed, whatever is said of the request", () => {
    expect(planOf("azure", { request: { narrowed: true } }).narrowed).toBe(false);
  });

  test.each<[string, string, Change<"azure">]>([
    ["no resources", "nothing_allowed", { role: { resources: [] } }],
    [
      "resources of two sovereign clouds, whose tenants are not one",
      "resources_of_two_clouds",
      { role: { resources: ["https://management.usgovcloudapi.net", "https://management.chinacloudapi.cn"] } },
    ],
  ])("is refused for %s", (_, code, change) => expect(codeOf("azure", change)).toBe(code));
});

test.each([
  ["https://management.azure.com", "https://login.microsoftonline.com", "api://AzureADTokenExchange"],
  ["https://management.usgovcloudapi.net", "https://login.microsoftonline.us", "api://AzureADTokenExchangeUSGov"],
  ["https://GRAPH.microsoft.US/", "https://login.microsoftonline.us", "api://AzureADTokenExchangeUSGov"],
  ["https://vault.azure.cn", "https://login.chinacloudapi.cn", "api://AzureADTokenExchangeChina"],
  ["api://management.usgovcloudapi.net", "https://login.microsoftonline.com", "api://AzureADTokenExchange"],
  // Not hosts of a sovereign cloud, though they look like it.
  ["https://usgovcloudapi.net.evil.example", "https://login.microsoftonline.com", "api://AzureADTokenExchange"],
  [
    "https://evil.example/management.usgovcloudapi.net",
    "https://login.microsoftonline.com",
    "api://AzureADTokenExchange",
  ],
  ["https://notazure.us.example", "https://login.microsoftonline.com", "api://AzureADTokenExchange"],
])("%s is asked for at %s for %s", (resource, authority, audience) => {
  expect(azureClouds([resource])).toMatchObject([{ authority, audience }]);
  // Azure Storage has one name in every cloud.
  expect(azureClouds(["https://storage.azure.com", resource])).toMatchObject([{ authority, audience }]);
});

test.each([
  ["https://management.azure.com", "https://management.azure.com/.default"],
  ["https://management.core.windows.net/", "https://management.core.windows.net//.default"],
  ["api://app", "api://app/.default"],
])("the scope of %s is %s", (resource, scope) => {
  const request = azureTokenRequest({ client_id: "c" }, resource, "a");
  expect(request.scope).toBe(scope);
  // No claims: they would ask for tokens of 24 hours.
  expect(Object.keys(request).sort()).toEqual([
    "client_assertion",
    "client_assertion_type",
    "client_id",
    "grant_type",
    "scope",
  ]);
});
