import { createReadStream } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type Duplex, Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Authority } from '../certificate.js';
import type { Contents } from './contents.js';
import type { Store } from './store.js';
import { Refused } from './upstream.js';

export interface ProxyOptions {
  contents: Contents;
  store: Store;
  /** Signs for the sites that it stands in for, towards the hosts alone. */
  authority: Authority;
  /** Names of hosts that may be asked for; everything else is refused. */
  sites: ReadonlySet<string>;
  /** What whoever asks has to know: other users of a host have no way out by this. */
  password: string;
  onServed?: (bytes: number) => void;
}

/**
 * An HTTP proxy for one host. It has no port: connections come in by the line to the host. It reads only, from known sites,
 * and looks into what is asked for by TLS, so that all hosts share one download.
 * @param host by name
 * @returns takes in a connection
 */
export function makeProxy(
  host: string,
  { contents, store, authority, sites, password, onServed }: ProxyOptions,
): (connection: Duplex) => void {
  const credentials = `Basic ${Buffer.from(`k8s-tui:${password}`).toString('base64')}`;
  const knows = (request: IncomingMessage) => request.headers['proxy-authorization'] === credentials;

  const answer = async (request: IncomingMessage, response: ServerResponse, scheme: string) => {
    const url = urlOf(request, scheme);
    const say = (status: number, text: string) =>
      response.writeHead(status, { 'content-type': 'text/plain', connection: 'close' }).end(`${text}\n`);
    if (!url) return say(400, 'not a URL');
    if (!sites.has(url.hostname)) return say(403, `the relay of k8s-tui: ${url.hostname} is not a source of this plan`);
    if (request.method !== 'GET' && request.method !== 'HEAD') return say(405, 'the relay only reads');
    if (url.pathname === '/v2/') return response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    try {
      await (request.method === 'HEAD' ? sendHead(url.href, response) : send(url.href, request, response));
    } catch (error) {
      if (response.headersSent) response.destroy();
      else say(error instanceof Refused ? error.status : 502, `the relay of k8s-tui: ${(error as Error).message}`);
    }
  };

  const sendHead = async (url: string, response: ServerResponse) => {
    const { size, type, ...entry } = await contents.head(url);
    response.writeHead(200, headersOf(url, size, type, 'sha256' in entry ? String(entry.sha256) : null)).end();
  };

  const send = async (url: string, request: IncomingMessage, response: ServerResponse) => {
    const content = await contents.get(url, host);
    if ('download' in content) {
      const { size, type } = await content.download.head;
      response.writeHead(200, headersOf(url, size, type, null));
      return pipeline(Readable.from(counted(content.download.read())), response);
    }
    const { size, type, sha256 } = content.entry;
    const start = startOf(request, size);
    const headers = headersOf(url, size - start, type, sha256);
    response.writeHead(
      start ? 206 : 200,
      start ? { ...headers, 'content-range': `bytes ${start}-${size - 1}/${size}` } : headers,
    );
    if (size === start) return response.end();
    return pipeline(Readable.from(counted(createReadStream(store.pathOf(sha256), { start }))), response);
  };

  async function* counted(chunks: AsyncIterable<Buffer>) {
    for await (const chunk of chunks) {
      onServed?.(chunk.length);
      yield chunk;
    }
  }

  const inside = createTlsServer({ key: authority.key, cert: authority.certificate }, (request, response) =>
    answer(request, response, 'https'),
  ).on('tlsClientError', () => {}); // whoever hung up knows why
  const outside = createServer((request, response) => {
    if (knows(request)) void answer(request, response, 'http');
    else response.writeHead(407, { 'proxy-authenticate': 'Basic', connection: 'close' }).end();
  }).on('connect', (request: IncomingMessage, connection: Duplex) => {
    connection.on('error', () => {});
    const name = request.url?.replace(/:443$/, '') ?? '';
    if (!knows(request))
      return connection.end('HTTP/1.1 407 Proxy Authentication Required\r\nproxy-authenticate: Basic\r\n\r\n');
    if (!sites.has(name)) return connection.end('HTTP/1.1 403 Not a source of this plan\r\n\r\n');
    connection.write('HTTP/1.1 200 Connected\r\n\r\n');
    inside.emit('connection', connection);
    return undefined;
  });
  // A download may be slower than any limit on the time of an answer; the line has its own.
  for (const server of [inside, outside]) Object.assign(server, { requestTimeout: 0, timeout: 0, keepAliveTimeout: 0 });
  return connection => {
    connection.on('error', () => {});
    outside.emit('connection', connection);
  };
}

/** apt writes ~ and + of a file's name as %7e and %2b; everywhere else they stand as they are. */
const canonical = (url: string) => url.replace(/%(7e|2b)/gi, code => decodeURIComponent(code));

function urlOf({ url = '', headers }: IncomingMessage, scheme: string): URL | null {
  const target = canonical(scheme === 'http' ? url : `https://${headers.host ?? ''}${url}`);
  if (!URL.canParse(target)) return null;
  const parsed = new URL(target);
  const isPlain = parsed.protocol === `${scheme}:` && !parsed.port && !parsed.username && !parsed.password;
  return isPlain ? parsed : null;
}

function headersOf(url: string, size: number | null, type: string, sha256: string | null): Record<string, string | number> {
  const named = /sha256:[0-9a-f]{64}$/.exec(url)?.[0];
  const digest = named ?? (url.includes('/manifests/') && sha256 ? `sha256:${sha256}` : null);
  return {
    'content-type': type,
    ...(size === null ? {} : { 'content-length': size }),
    ...(digest ? { 'docker-content-digest': digest } : {}),
    'accept-ranges': 'bytes',
  };
}

/** Where someone wants to go on. */
function startOf({ headers }: IncomingMessage, size: number): number {
  const start = Number(/^bytes=(\d+)-$/.exec(headers.range ?? '')?.[1] ?? 0);
  return start < size ? start : 0;
}
