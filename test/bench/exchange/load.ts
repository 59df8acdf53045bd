import { connect, type Socket } from "node:net";

/** What a round of requests took. */
export interface Round {
  readonly perSecond: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
}

/** @throws where an answer is no 200 with a token */
export async function load(url: URL, bodies: readonly Buffer[], connections: number): Promise<Round> {
  const { seconds, times } = await send(url, bodies, connections, (answer) => {
    if (!answer.startsWith("HTTP/1.1 200 ") || !answer.includes('"access_token":"')) throw new Error(answer);
  });
  return { perSecond: bodies.length / seconds, p50: quantile(times, 0.5), p99: quantile(times, 0.99) };
}

/**
 * Sends each body once, over so many connections that each wait for their answer. Sockets and a search for the end of the
 * answer, no HTTP client: the less the sender takes of the two cores, the less it hides of the servers' difference.
 * @returns milliseconds of each, in the order of `bodies`
 */
export async function send(
  url: URL,
  bodies: readonly Buffer[],
  connections: number,
  check: (answer: string) => void,
): Promise<{ readonly seconds: number; readonly times: readonly number[] }> {
  const queue = bodies.entries();
  const times: number[] = [];
  const sockets = await Promise.all(Array.from({ length: connections }, () => open(url)));
  const started = performance.now();
  await Promise.all(
    sockets.map(async (socket) => {
      for (const [i, body] of queue) {
        const sent = performance.now();
        const answer = await exchange(socket, request(url, body));
        times[i] = performance.now() - sent;
        check(answer);
      }
    }),
  );
  const seconds = (performance.now() - started) / 1000;
  for (const socket of sockets) socket.destroy();
  return { seconds, times };
}

export function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? Number.NaN;
}

const open = (url: URL): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const socket = connect({ host: url.hostname, port: Number(url.port), noDelay: true }, () => resolve(socket));
    socket.once("error", reject);
  });

function request(url: URL, body: Buffer): Buffer {
  const head = `POST ${url.pathname} HTTP/1.1\r\nhost: ${url.host}\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: ${body.length}\r\n\r\n`;
  return Buffer.concat([Buffer.from(head), body]);
}

/** One answer with a Content-Length, which both servers send. */
function exchange(socket: Socket, message: Buffer): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = "";
    const done = (how: () => void): void => {
      socket.off("data", onData).off("close", onClose);
      how();
    };
    const onClose = (): void => done(() => reject(new Error("the server closed the connection")));
    const onData = (data: Buffer): void => {
      text += data.toString("latin1");
      const end = text.indexOf("\r\n\r\n");
      if (end < 0) return;
      const length = /\r\ncontent-length: (\d+)\r\n/i.exec(text.slice(0, end + 2))?.[1];
      if (length === undefined) return done(() => reject(new Error(`no Content-Length: ${text}`)));
      if (text.length >= end + 4 + Number(length)) done(() => resolve(text));
    };
    socket.on("data", onData).on("close", onClose);
    socket.write(message);
  });
}
