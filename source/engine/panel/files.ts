import { X509Certificate } from 'node:crypto';
import { Problem } from '../errors.js';
import type { Remote } from '../remote.js';
import { sh } from '../sh.js';

/** Configuration and certificates of a node that can be read: what is there of it, by path. Keys are not among them. */
export async function listFiles(remote: Remote, signal?: AbortSignal): Promise<string[]> {
  const { stdout } = await remote.run(
    sh`
      for file in /etc/kubernetes/manifests/*.yaml /etc/kubernetes/*.conf /var/lib/kubelet/config.yaml \
        /var/lib/kubelet/kubeadm-flags.env /etc/containerd/config.toml /etc/crictl.yaml /etc/cni/net.d/* \
        /etc/kubernetes/pki/*.crt /etc/kubernetes/pki/etcd/*.crt /var/lib/kubelet/pki/kubelet-client-current.pem; do
        if [ -f "$file" ]; then echo "$file"; fi
      done
    `,
    { timeout: 10_000, signal },
  );
  return stdout.split('\n').filter(Boolean);
}

/**
 * One of these files as text. Private keys, tokens and passwords are taken out on the host, so they never come here; a certificate
 * is put into words.
 * @param path one of `listFiles`
 * @throws Problem step where it cannot be read
 */
export async function readNodeFile(remote: Remote, path: string, signal?: AbortSignal): Promise<string> {
  if (!readable(path)) throw cannotRead(remote.name, path, 'it may hold a key', null);
  const { code, stdout, stderr } = await remote.run(
    sh`
      test -r ${path} || { echo 'no such file, or it may not be read' >&2; exit 1; }
      sed -E -e '/-----BEGIN [A-Z ]*PRIVATE KEY-----/,/-----END [A-Z ]*PRIVATE KEY-----/d' \
        -e '/auth=(true|false) *$/!s/((client-key-data|token|password|auth|identitytoken)"? *[:=] *).*/\1(left out)/I' ${path}
    `,
    { timeout: 10_000, signal },
  );
  if (code !== 0) throw cannotRead(remote.name, path, stderr.trim(), code);
  return /\.(crt|pem)$/.test(path) ? certificatesInWords(stdout) : stdout;
}

const readable = (path: string) =>
  !/\.key$|\/\.\.\//.test(path) && /^\/(etc\/(kubernetes|containerd|cni\/net\.d|crictl\.yaml)|var\/lib\/kubelet)\b/.test(path);

/** Every certificate of a PEM text, a line per property. */
export function certificatesInWords(text: string): string {
  const found = text.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g) ?? [];
  return found
    .map(pem => {
      const { subject, issuer, subjectAltName, validFrom, validTo, ca, fingerprint256 } = new X509Certificate(pem);
      const line = (name: string, value: string | undefined) =>
        value ? `${name.padEnd(12)} ${value.replaceAll('\n', ', ')}\n` : '';
      return [
        line('subject', subject),
        line('issuer', issuer),
        line('names', subjectAltName),
        line('from', validFrom),
        line('to', validTo),
        line('authority', ca ? 'yes' : 'no'),
        line('sha256', fingerprint256),
      ].join('');
    })
    .join('\n');
}

const cannotRead = (host: string, path: string, why: string, exitCode: number | null) =>
  new Problem({
    code: 'step',
    host,
    what: { en: `${path} cannot be read: ${why}`, zh: `无法读取 ${path}：${why}` },
    remedy: { en: 'Take one of the files in the list.', zh: '请从列表中选择文件。' },
    command: { line: `cat ${path}`, exitCode, lastLines: [why] },
  });
