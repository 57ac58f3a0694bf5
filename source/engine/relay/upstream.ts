/** A source answered, and not with what was asked for. */
export class Refused extends Error {
  constructor(
    readonly status: number,
    url: string,
  ) {
    super(`${url} answers ${status}`);
  }
}

/** Milliseconds in which the next bytes have to come. */
export const PATIENCE = 30_000;

/** All kinds of manifests, so that one answer serves every host. */
const MANIFESTS = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ');

/** `registry repository` of a URL of a registry's; null elsewhere. */
function repositoryOf(url: string): string | null {
  const { host, pathname } = new URL(url);
  const name = /^\/v2\/(.+)\/(?:manifests|blobs)\/[^/]+$/.exec(pathname)?.[1];
  return name ? `${host} ${name}` : null;
}

/** There is no such name in DNS: to ask again is of no use. */
export class NoSuchHost extends Error {}

/** Asks the sources, as a host would: over verified TLS, with the tokens that registries give to anyone. */
export class Upstream {
  readonly #tokens = new Map<string, { token: string; until: number }>();

  /**
   * The headers of an answer, and its body to come.
   * @param from bytes that are there already
   * @throws Refused; Error with the cause where no answer comes in time
   */
  async ask(url: string, method: 'GET' | 'HEAD', from: number, signal: AbortSignal): Promise<Response> {
    const repository = repositoryOf(url);
    for (let second = false; ; second = true) {
      const token = repository ? this.#tokens.get(repository) : undefined;
      const headers: Record<string, string> = { 'accept-encoding': 'identity', 'user-agent': 'k8s-tui' };
      if (repository) headers.accept = url.includes('/manifests/') ? MANIFESTS : '*/*';
      if (token && token.until > Date.now()) headers.authorization = `Bearer ${token.token}`;
      if (from > 0) headers.range = `bytes=${from}-`;
      const answer = await get(url, { method, headers, signal });
      const challenge = answer.headers.get('www-authenticate');
      if (answer.status === 401 && repository && challenge && !second) {
        await answer.body?.cancel();
        this.#tokens.set(repository, await this.#token(challenge, signal));
        continue;
      }
      if (!answer.ok) {
        await answer.body?.cancel();
        throw new Refused(answer.status, url);
      }
      return answer;
    }
  }

  async #token(challenge: string, signal: AbortSignal): Promise<{ token: string; until: number }> {
    const part = (name: string) => new RegExp(`${name}="([^"]*)"`).exec(challenge)?.[1];
    const realm = new URL(part('realm') ?? 'none:');
    if (realm.protocol !== 'https:') throw new Error('the registry names no place to get a token');
    for (const name of ['service', 'scope']) if (part(name)) realm.searchParams.set(name, part(name)!);
    const answer = await get(realm.href, { signal });
    if (!answer.ok) throw new Refused(answer.status, realm.href);
    const said = (await answer.json()) as { token?: string; access_token?: string; expires_in?: number };
    const token = said.token ?? said.access_token;
    if (!token) throw new Error(`${realm.host} gives no token`);
    return { token, until: Date.now() + ((said.expires_in ?? 60) - 10) * 1000 };
  }
}

async function get(url: string, options: RequestInit & { signal: AbortSignal }): Promise<Response> {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(new Error(`no answer in ${PATIENCE / 1000} s`)), PATIENCE);
  try {
    return await fetch(url, { ...options, redirect: 'follow', signal: AbortSignal.any([options.signal, late.signal]) });
  } catch (error) {
    const cause = (error as Error).cause as (Error & { code?: string }) | undefined;
    const what = `${new URL(url).host}: ${cause?.message || cause?.code || (error as Error).message}`;
    throw cause?.code === 'ENOTFOUND' ? new NoSuchHost(what) : new Error(what);
  } finally {
    clearTimeout(timer);
  }
}
