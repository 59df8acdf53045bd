import { CloudError } from "../errors.ts";

/**
 * Where STS is. Hosts come from this table and never from the environment: `AWS_ENDPOINT_URL_STS`, a profile or a config
 * file would silently send our assertions elsewhere (CLOUDS.md section 8). Regional endpoints only: the global one has
 * other token formats and one more region to fail. Checked in a test against the SDK's own partitions.
 */
const partitions: Readonly<Record<string, { readonly regions: RegExp; readonly suffix: string }>> = {
  aws: { regions: /^(?:us|eu|ap|sa|ca|me|af|il|mx)-[a-z]+-\d{1,2}$/, suffix: "amazonaws.com" },
  "aws-cn": { regions: /^cn-[a-z]+-\d{1,2}$/, suffix: "amazonaws.com.cn" },
  "aws-us-gov": { regions: /^us-gov-[a-z]+-\d{1,2}$/, suffix: "amazonaws.com" },
  "aws-eusc": { regions: /^eusc-de-[a-z]+-\d{1,2}$/, suffix: "amazonaws.eu" },
  "aws-iso": { regions: /^us-iso-[a-z]+-\d{1,2}$/, suffix: "c2s.ic.gov" },
  "aws-iso-b": { regions: /^us-isob-[a-z]+-\d{1,2}$/, suffix: "sc2s.sgov.gov" },
  "aws-iso-e": { regions: /^eu-isoe-[a-z]+-\d{1,2}$/, suffix: "cloud.adc-e.uk" },
  "aws-iso-f": { regions: /^us-isof-[a-z]+-\d{1,2}$/, suffix: "csp.hci.ic.gov" },
};

export interface RolePlace {
  /** 12 digits. */
  readonly accountId: string;
  readonly endpoint: string;
}

/** The endpoint for a role's partition and the target's region. @throws CloudError `cloud_misconfigured` */
export function stsEndpoint(roleArn: string, region: string): RolePlace {
  const [, partition = "", accountId = ""] = /^arn:([a-z-]+):iam::(\d{12}):role\/[\x21-\x7e]+$/.exec(roleArn) ?? [];
  const found = Object.hasOwn(partitions, partition) ? partitions[partition] : undefined;
  if (!found)
    throw new CloudError(
      "cloud_misconfigured",
      "The target's role_arn is not arn:<partition>:iam::<account>:role/<name>.",
    );
  if (!found.regions.test(region)) {
    throw new CloudError(
      "cloud_misconfigured",
      `The target's region is not one of the partition ${partition} of its role_arn.`,
    );
  }
  return { accountId, endpoint: `https://sts.${region}.${found.suffix}` };
}

/**
 * An endpoint for the sandbox, in place of the table's. Only on loopback: a configuration value must not be able to send
 * assertions to another machine. @throws CloudError `cloud_misconfigured`
 */
export function loopbackEndpoint(url: string): string {
  const parsed = URL.parse(url);
  const loopback = parsed && /^(?:127(?:\.\d{1,3}){3}|\[::1\]|localhost)$/.test(parsed.hostname);
  if (!loopback || !/^https?:$/.test(parsed.protocol) || parsed.username || parsed.password) {
    throw new CloudError(
      "cloud_misconfigured",
      "A cloud's endpoint may be overridden only with an http or https URL on loopback.",
    );
  }
  return parsed.href;
}
