import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

export interface SeenRequest {
  readonly headers: IncomingHttpHeaders;
  readonly form: URLSearchParams;
}
/** What the stub answers: an error of STS, a success, or silence. */
export type Answer =
  | { readonly status: number; readonly code: string; readonly message: string }
  | { readonly expiration: string }
  | "silence"
  | "half";

/** Answers as scripted, the last answer for ever: the wire form of STS, for error classes through the real SDK. */
export async function stsStub(...answers: readonly Answer[]): Promise<{
  url: string;
  seen: readonly SeenRequest[];
  close: () => Promise<void>;
}> {
  const seen: SeenRequest[] = [];
  const answerTo = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const form = new URLSearchParams(await text(request));
    const answer = answers[Math.min(seen.length, answers.length - 1)] ?? "silence";
    seen.push({ headers: request.headers, form });
    if (answer === "silence") return;
    const status = typeof answer === "object" && "status" in answer ? answer.status : 200;
    response.writeHead(status, { "content-type": "text/xml" }).end(xml(answer, form));
  };
  const server = createServer((request, response) => void answerTo(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

const ns = 'xmlns="https://sts.amazonaws.com/doc/2011-06-15/"';

function xml(answer: Exclude<Answer, "silence">, form: URLSearchParams): string {
  if (answer === "half") {
    return `<AssumeRoleWithWebIdentityResponse ${ns}><AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>`;
  }
  if ("code" in answer) {
    return `<ErrorResponse ${ns}><Error><Type>Sender</Type><Code>${answer.code}</Code><Message>${answer.message}</Message></Error><RequestId>req-1</RequestId></ErrorResponse>`;
  }
  const role = (form.get("RoleArn") ?? "").replace(":iam:", ":sts:").replace(":role/", ":assumed-role/");
  return (
    `<AssumeRoleWithWebIdentityResponse ${ns}><AssumeRoleWithWebIdentityResult>` +
    `<AssumedRoleUser><Arn>${role}/${form.get("RoleSessionName")}</Arn><AssumedRoleId>AROA:x</AssumedRoleId></AssumedRoleUser>` +
    `<Credentials><AccessKeyId>ASIAEXAMPLE</AccessKeyId><SecretAccessKey>s3cret</SecretAccessKey><SessionToken>session-token</SessionToken><Expiration>${answer.expiration}</Expiration></Credentials>` +
    `</AssumeRoleWithWebIdentityResult><ResponseMetadata><RequestId>req-1</RequestId></ResponseMetadata></AssumeRoleWithWebIdentityResponse>`
  );
}
