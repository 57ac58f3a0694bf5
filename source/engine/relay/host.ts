import { Problem } from '../errors.js';
import type { Facts } from '../facts/facts.js';
import type { Remote } from '../remote.js';
import { heredoc, lines, type Shell, sh } from '../sh.js';
import type { ClusterSpec } from '../spec/schema.js';
import { distributionSources } from './sites.js';

/** What a host knows of the relay: in memory, gone with the relay. Scripts of a plan with the relay look here. */
export const RELAY_DIRECTORY = '/run/k8s-tui-relay';

/** The way out for programs that look at their environment: curl, apt, and those written in Go. */
export const environmentOf = (port: number, password: string): Record<string, string> => {
  const proxy = `http://k8s-tui:${password}@127.0.0.1:${port}`;
  const authority = `${RELAY_DIRECTORY}/ca.pem`;
  return {
    http_proxy: proxy,
    https_proxy: proxy,
    HTTPS_PROXY: proxy,
    no_proxy: '',
    NO_PROXY: '',
    CURL_CA_BUNDLE: authority,
    SSL_CERT_FILE: authority,
  };
};

export const exportsOf = (environment: Record<string, string>): Shell =>
  lines(Object.entries(environment).map(([name, value]) => sh`export ${`${name}=${value}`}`));

/** apt by the relay keeps everything that it learns in memory: the host's own lists and sources are not touched. */
const aptConfig = (proxy: string) => `Acquire::http::Proxy "${proxy}";
Acquire::https::Proxy "${proxy}";
Acquire::https::CaInfo "${RELAY_DIRECTORY}/ca.pem";
Acquire::http::Timeout "120";
Acquire::https::Timeout "120";
Acquire::Retries "3";
Acquire::Languages "none";
Acquire::PDiffs "false";
Acquire::By-Hash "no";
Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false";
Acquire::CompressionTypes::Order { "gz"; };
Acquire::GzipIndexes "true";
Dir::State::lists "${RELAY_DIRECTORY}/lists";
Dir::Cache::pkgcache "${RELAY_DIRECTORY}/pkgcache.bin";
Dir::Cache::srcpkgcache "";
Dir::Etc::sourcelist "${RELAY_DIRECTORY}/distribution.list";
Dir::Etc::sourceparts "${RELAY_DIRECTORY}/sources";
`;

export interface Opening {
  port: number;
  password: string;
  /** PEM */
  certificate: string;
  spec: Pick<ClusterSpec, 'mirror' | 'own'>;
  facts: Facts;
}

/** Written again whenever the line is back, since the port is another one then. */
export function openScript({ port, password, certificate, spec, facts }: Opening): Shell {
  const environment = environmentOf(port, password);
  return sh`
    d=${RELAY_DIRECTORY}
    mkdir -p $d/sources $d/lists || exit
    ${heredoc('certificate', certificate)}
    ${heredoc('distribution', distributionSources(facts, spec).join('\n'))}
    ${heredoc('configuration', aptConfig(environment.https_proxy!))}
    ${heredoc('environment', `port=${port}\n${exportsOf(environment)}`)}
    certificate > $d/ca.pem && distribution > $d/distribution.list || exit
    umask 077
    configuration > $d/apt.conf && environment > $d/environment.new && mv $d/environment.new $d/environment || exit
    for name in kubernetes docker; do ln -sf /etc/apt/sources.list.d/k8s-tui-$name.list $d/sources/; done
  `;
}

const closeScript = sh`rm -rf ${RELAY_DIRECTORY}`;

/** @throws Problem lost, sudo, step */
export async function openOn(remote: Remote, opening: Opening): Promise<void> {
  const { code, stderr } = await remote.run(openScript(opening));
  if (code === 0) return;
  throw new Problem({
    code: 'step',
    host: remote.name,
    what: { en: 'the relay could not be made known to this host', zh: '无法在该主机上启用中继' },
    remedy: { en: 'Look at the free space of /run on it.', zh: '请检查该主机 /run 的剩余空间。' },
    command: { line: `mkdir ${RELAY_DIRECTORY}`, exitCode: code, lastLines: stderr.trim().split('\n').slice(-20) },
  });
}

/** A host whose line is gone forgets by itself: at its next restart, or when the relay is opened again. */
export async function closeOn(remote: Remote): Promise<void> {
  await remote.run(closeScript, { timeout: 10_000 }).catch(() => {});
}
