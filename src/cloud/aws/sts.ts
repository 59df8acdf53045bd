import type { STSClient, STSClientConfig } from "@aws-sdk/client-sts";
import { setTimeout as delay } from "node:timers/promises";
import { isKeyRetrievalFlake } from "./errors.ts";

/** One call of AssumeRoleWithWebIdentity. */
export interface AssumeRole {
  readonly region: string;
  readonly endpoint: string;
  readonly roleArn: string;
  readonly sessionName: string;
  readonly assertion: string;
  readonly policy: string;
  /** Seconds, 900 or more. */
  readonly duration: number;
  readonly signal: AbortSignal;
}
/** What STS answered, complete. */
export interface Session {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  readonly expiration: Date;
  readonly assumedRoleArn: string;
}

/** Milliseconds before each further try at a flake of STS; the signal's deadline ends them earlier. */
const pauses = [250, 750] as const;

/** Clients by endpoint and region, for their connections. They hold no credentials, so that nothing of one grant stays in them. */
export class Sts {
  readonly #clients = new Map<string, STSClient>();

  /** Calls STS, again where it could not fetch our keys. Throws the SDK's error; `stsError` reads it. */
  async assumeRole(call: AssumeRole): Promise<Session> {
    for (const pause of pauses) {
      try {
        return await this.#once(call);
      } catch (error) {
        if (!isKeyRetrievalFlake(error)) throw error;
      }
      await delay(pause, undefined, { signal: call.signal });
    }
    return await this.#once(call);
  }

  async #once(call: AssumeRole): Promise<Session> {
    call.signal.throwIfAborted();
    // Loaded when the first aws target is minted: 50 ms and 26 MB that other servers do without (CLOUDS.md section 6).
    const { AssumeRoleWithWebIdentityCommand, STSClient } = await import("@aws-sdk/client-sts");
    const key = `${call.region} ${call.endpoint}`;
    let client = this.#clients.get(key);
    if (!client) this.#clients.set(key, (client = new STSClient(hermetic(call.region, call.endpoint))));
    const command = new AssumeRoleWithWebIdentityCommand({
      RoleArn: call.roleArn,
      RoleSessionName: call.sessionName,
      WebIdentityToken: call.assertion,
      Policy: call.policy,
      DurationSeconds: call.duration,
    });
    const { Credentials: c, AssumedRoleUser: user } = await client.send(command, { abortSignal: call.signal });
    if (!c?.AccessKeyId || !c.SecretAccessKey || !c.SessionToken || !c.Expiration || !user?.Arn) {
      throw new Error("the answer of STS is incomplete"); // read as unavailable: nothing half is handed out
    }
    return {
      accessKeyId: c.AccessKeyId,
      secretAccessKey: c.SecretAccessKey,
      sessionToken: c.SessionToken,
      expiration: c.Expiration,
      assumedRoleArn: user.Arn,
    };
  }
}

/**
 * Every setting that the SDK would otherwise take from `AWS_*` variables, a profile or a config file is given, so that it
 * looks at none of them. The operation is unsigned; credentials of the machine would be the server's own, and are refused.
 */
function hermetic(region: string, endpoint: string): STSClientConfig {
  return {
    region,
    endpoint,
    credentials: () => Promise.reject(new Error("this server has no AWS credentials")),
    // One attempt: the SDK's retries know no deadline of ours, and do not know the flake that matters.
    maxAttempts: 1,
    retryMode: "standard",
    defaultsMode: "standard",
    useFipsEndpoint: false,
    useDualstackEndpoint: false,
    authSchemePreference: [],
    sigv4aSigningRegionSet: [],
    userAgentAppId: "countersign",
    requestHandler: { connectionTimeout: 3000, requestTimeout: 10_000, throwOnRequestTimeout: true },
  };
}
