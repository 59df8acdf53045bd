/** Where STS is asked when the target names no region. `prefix`: how the regions of that partition start. */
const partitions: ReadonlyMap<string, { readonly region: string; readonly prefix: RegExp }> = new Map([
  ["aws", { region: "us-east-1", prefix: /^(?!cn-|us-gov-|us-iso|eu-isoe-|eusc-)/ }],
  ["aws-cn", { region: "cn-north-1", prefix: /^cn-/ }],
  ["aws-us-gov", { region: "us-gov-west-1", prefix: /^us-gov-/ }],
  ["aws-eusc", { region: "eusc-de-east-1", prefix: /^eusc-/ }],
  ["aws-iso", { region: "us-iso-east-1", prefix: /^us-iso-/ }],
  ["aws-iso-b", { region: "us-isob-east-1", prefix: /^us-isob-/ }],
  ["aws-iso-e", { region: "eu-isoe-west-1", prefix: /^eu-isoe-/ }],
  ["aws-iso-f", { region: "us-isof-south-1", prefix: /^us-isof-/ }],
]);

/**
 * The target's region, or the default of the role's partition. Undefined where the partition is unknown or the region is of
 * another one: its STS would not know the role, and the assertion would travel to a host of another partition for nothing.
 */
export function awsRegion(roleArn: string, region: string | undefined): string | undefined {
  const partition = partitions.get(roleArn.split(":")[1] ?? "");
  if (partition === undefined) return undefined;
  if (region === undefined) return partition.region;
  return partition.prefix.test(region) ? region : undefined;
}
