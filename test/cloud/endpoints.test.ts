import { STSClient } from "@aws-sdk/client-sts";
import { describe, expect, it } from "vitest";
import { loopbackEndpoint, stsEndpoint } from "../../src/cloud/aws/endpoints.ts";

const role = (partition: string): string => `arn:${partition}:iam::123456789012:role/x`;

describe("the endpoint of STS", () => {
  it.each([
    ["aws", "us-east-1"],
    ["aws", "eu-west-1"],
    ["aws", "ap-southeast-7"],
    ["aws-us-gov", "us-gov-west-1"],
    ["aws-cn", "cn-north-1"],
    ["aws-eusc", "eusc-de-east-1"],
    ["aws-iso", "us-iso-east-1"],
    ["aws-iso-b", "us-isob-east-1"],
    ["aws-iso-e", "eu-isoe-west-1"],
    ["aws-iso-f", "us-isof-south-1"],
  ])("of %s %s is the one that the SDK's own table has", (partition, region) => {
    const { config } = new STSClient({ region });
    const { url } = config.endpointProvider({
      Region: region,
      UseFIPS: false,
      UseDualStack: false,
      UseGlobalEndpoint: false,
    });
    expect(`${stsEndpoint(role(partition), region).endpoint}/`).toBe(url.href);
    expect(stsEndpoint(role(partition), region).accountId).toBe("123456789012");
  });

  it.each([
    ["another partition's region", role("aws"), "cn-north-1"],
    ["a region that is a host", role("aws"), "eu-west-1.evil.example/"],
    ["an unknown partition", role("aws-moon"), "eu-west-1"],
    ["an inherited name as partition", role("constructor"), "eu-west-1"],
    ["no account", "arn:aws:iam:::role/x", "eu-west-1"],
    ["a user", "arn:aws:iam::123456789012:user/x", "eu-west-1"],
  ])("is refused for %s", (_name, arn, region) => {
    expect(() => stsEndpoint(arn, region)).toThrow(expect.objectContaining({ code: "cloud_misconfigured" }) as Error);
  });

  it.each(["http://127.0.0.1:4566", "http://localhost:1/", "https://[::1]:8443", "http://127.9.9.9"])(
    "may be overridden by %s",
    (url) => {
      expect(loopbackEndpoint(url)).toBe(new URL(url).href);
    },
  );

  it.each([
    "https://sts.evil.example",
    "http://127.0.0.1.evil.example",
    "http://localhost.evil.example",
    "http://user:pass@localhost",
    "http://10.0.0.1",
    "http://0.0.0.0",
    "ftp://localhost",
    "localhost:4566",
    "",
  ])("may not be overridden by %s", (url) => {
    expect(() => loopbackEndpoint(url)).toThrow(expect.objectContaining({ code: "cloud_misconfigured" }) as Error);
  });
});
