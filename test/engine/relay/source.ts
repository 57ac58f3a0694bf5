import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Content } from '../../../source/engine/relay/contents.js';
import { Store } from '../../../source/engine/relay/store.js';

/** A site on this machine's loopback that counts what it is asked for. */
export async function site(answer: (request: IncomingMessage, response: ServerResponse, count: number) => void) {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url!);
    answer(request, response, asked.filter(url => url === request.url).length);
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url, asked };
}

export async function newStore(limit?: number): Promise<{ store: Store; folder: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'relay-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return { store: await Store.open(folder, limit), folder };
}

/** Everything that a reader of a content gets. */
export async function bytesOf(content: Content, store: Store): Promise<Buffer> {
  if ('entry' in content) return store.read(content.entry);
  const chunks: Buffer[] = [];
  for await (const chunk of content.download.read()) chunks.push(chunk);
  return Buffer.concat(chunks);
}
