import { Resolver } from 'node:dns/promises';
import { createReadStream } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, connect, type Server } from 'node:net';
import { makeAuthority } from '../../source/engine/certificate.js';
import { readBundle } from '../../source/engine/relay/bundle.js';
import { Store } from '../../source/engine/relay/store.js';

const basic = (user: string, password: string) => `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
const listening = (server: Server, address: string) =>
  new Promise<number>(resolve => server.listen(0, address, () => resolve((server.address() as AddressInfo).port)));

/** What an operator may have of his own: a registry that wants a login and package repositories, all of it out of a bundle, by TLS. */
export async function openSite(name: string, address: string, bundle: string, folder: string, user: string, password: string) {
  const store = await Store.open(folder);
  const { entries } = await readBundle(bundle, store);
  const authority = makeAuthority('an authority of one’s own', [name]);
  const roots: Record<string, string> = {
    '/kubernetes/': 'https://pkgs.k8s.io/core:/stable:/v1.37/deb/',
    '/docker/': 'https://download.docker.com/linux/',
    '/debian/': 'http://deb.debian.org/debian/',
  };
  const find = (path: string) => {
    const image = /^\/v2\/k8s\/(.+)$/.exec(path)?.[1];
    if (image) return entries.find(({ url }) => new URL(url).pathname === `/v2/${image}`);
    const root = Object.keys(roots).find(each => path.startsWith(each));
    return root && entries.find(({ url }) => url === `${roots[root]}${path.slice(root.length)}`);
  };
  const answer = (request: IncomingMessage, response: ServerResponse) => {
    const path = decodeURIComponent(request.url!);
    if (path.startsWith('/v2/') && request.headers.authorization !== basic(user, password)) {
      return response.writeHead(401, { 'www-authenticate': 'Basic realm="registry"' }).end();
    }
    const entry = find(path);
    if (path === '/v2/') return response.end('{}');
    if (!entry) return response.writeHead(404).end();
    response.writeHead(200, {
      'content-type': entry.type,
      'content-length': entry.size,
      ...(path.startsWith('/v2/') && { 'docker-content-digest': `sha256:${entry.sha256}` }),
    });
    return request.method === 'HEAD' ? response.end() : createReadStream(store.pathOf(entry.sha256)).pipe(response);
  };
  const server = createTlsServer({ key: authority.key, cert: authority.certificate }, answer);
  return { port: await listening(server, address), ca: authority.certificate, close: () => server.close() };
}

/** A proxy that wants a login and leads to the lab's sites. */
export async function openProxy(address: string, user: string, password: string) {
  const names = new Resolver();
  names.setServers(['10.77.1.53']);
  const asked: string[] = [];
  const server = createServer((_, response) => response.writeHead(403).end()).on('connect', async (request, socket) => {
    socket.on('error', () => {});
    if (request.headers['proxy-authorization'] !== basic(user, password))
      return socket.end('HTTP/1.1 407 Proxy Authentication Required\r\nproxy-authenticate: Basic realm="proxy"\r\n\r\n');
    const [host = '', port] = request.url!.split(':');
    asked.push(host);
    const [to] = await names.resolve4(host).catch(() => [] as string[]);
    if (!to) return socket.end('HTTP/1.1 502 Unknown\r\n\r\n');
    const line = connect(Number(port), to, () => {
      socket.write('HTTP/1.1 200 Connected\r\n\r\n');
      line.pipe(socket).pipe(line);
    }).on('error', () => socket.destroy());
    return undefined;
  });
  return { port: await listening(server, address), asked, close: () => server.close() };
}
