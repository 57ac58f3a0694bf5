import { createHash, createPublicKey, randomBytes, X509Certificate } from 'node:crypto';
import { keyFingerprint } from '../../engine/sources/openpgp.js';
import type { Program } from '../machine/machine.js';
import type { Process } from '../machine/process.js';

const input = async (process: Process, name: string | undefined) =>
  name ? await process.fs.bytes(process.path(name)).catch(() => null) : await process.readAll();
const after = (args: string[], option: string) => (args.includes(option) ? args[args.indexOf(option) + 1] : undefined);

async function openssl(process: Process, args: string[]): Promise<number> {
  const [verb, ...rest] = args;
  if (verb === 'version') {
    await process.out('OpenSSL 3.0.17 1 Jul 2025 (Library: OpenSSL 3.0.17 1 Jul 2025)\n');
    return 0;
  }
  if (verb === 'rand') {
    const bytes = randomBytes(Number(rest.at(-1)));
    await process.out(rest.includes('-hex') ? `${bytes.toString('hex')}\n` : bytes.toString('latin1'));
    return 0;
  }
  const text = await input(process, after(rest, '-in'));
  if (text === null) {
    await process.err(`Could not open file or uri for loading certificate from ${after(rest, '-in')}\n`);
    return 1;
  }
  try {
    if (verb === 'x509') {
      const certificate = new X509Certificate(text);
      if (rest.includes('-pubkey')) await process.out(certificate.publicKey.export({ type: 'spki', format: 'pem' }) as string);
      if (rest.includes('-enddate')) await process.out(`notAfter=${certificate.validTo}\n`);
      if (rest.includes('-subject')) await process.out(`subject=${certificate.subject.replace('=', ' = ')}\n`);
      if (!rest.includes('-noout')) await process.out(text);
    } else if (verb === 'pkey' || verb === 'rsa' || verb === 'ec') {
      const key = createPublicKey(text);
      const isDer = after(rest, '-outform')?.toLowerCase() === 'der';
      await process.out(
        isDer
          ? key.export({ type: 'spki', format: 'der' }).toString('latin1')
          : (key.export({ type: 'spki', format: 'pem' }) as string),
      );
    } else if (verb === 'dgst') {
      await process.out(`SHA2-256(stdin)= ${createHash('sha256').update(text, 'latin1').digest('hex')}\n`);
    } else {
      await process.err(`openssl: ${verb} is not a part of the demo\n`);
      return 1;
    }
    return 0;
  } catch {
    await process.err('Could not read the certificate or key\n');
    return 1;
  }
}

/** `--show-keys --with-colons FILE` and `--dearmor`. */
async function gpg(process: Process, args: string[]): Promise<number> {
  if (args.includes('--version')) {
    await process.out('gpg (GnuPG) 2.2.40\n');
    return 0;
  }
  const isDearmor = args.includes('--dearmor');
  const valued = new Set(['--homedir', '-o', '--output', '--keyring']);
  const file = args.find((arg, i) => !arg.startsWith('-') && !valued.has(args[i - 1] ?? ''));
  const text = await input(process, file);
  const fingerprint = text && keyFingerprint(Buffer.from(text, 'latin1'));
  if (!text || !fingerprint) {
    await process.err(`gpg: no valid OpenPGP data found.\n`);
    return 2;
  }
  if (isDearmor) {
    const bytes = Buffer.from(/\n\n([A-Za-z0-9+/=\n]+)\n-----END/.exec(text)![1]!, 'base64').toString('latin1');
    const output = after(args, '-o') ?? after(args, '--output');
    if (output) await process.fs.writeFile(process.path(output), bytes, 'binary');
    else await process.out(bytes);
    return 0;
  }
  await process.out(
    `pub:-:2048:1:${fingerprint.slice(-16)}:1661444471:::-:::scSC::::::23::0:\nfpr:::::::::${fingerprint}:\nuid:-::::1661444471::0::demo::::::::::0:\n`,
  );
  return 0;
}

export const crypto: Record<string, Program> = { openssl, gpg, gpgconf: () => 0 };
