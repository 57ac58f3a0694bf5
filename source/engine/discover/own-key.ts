import { chmod, mkdir, open, readFile, rm } from 'node:fs/promises';
import { hostname, userInfo } from 'node:os';
import { dirname } from 'node:path';
import { Problem } from '../errors.js';
import { expandHome } from '../ssh/expand-home.js';
import { defaultKeyFiles, KeyRing, newKeyPair } from '../ssh/keys.js';
import { fingerprint, keyType } from '../ssh/known-hosts.js';
import type { Text } from '../text.js';

/** A key of the operator, to be let in on hosts. */
export interface OwnKey {
  /** The private half, e.g. `~/.ssh/id_ed25519`. */
  file: string;
  /** The public half as a line of a .pub file or of authorized_keys. */
  line: string;
  type: string;
  /** SHA256:... */
  fingerprint: string;
  isEncrypted: boolean;
}

/** The operator's own keys, of the files that ssh looks at by itself; those that cannot be read are passed over. */
export async function ownKeys(files: readonly string[] = defaultKeyFiles): Promise<OwnKey[]> {
  const all = await Promise.all(files.map(file => readOwnKey(file).catch(nothingWhere(Problem))));
  return all.filter(key => key !== null);
}

/** @throws Problem login where the file is no private key */
export async function readOwnKey(file: string): Promise<OwnKey> {
  const read = await new KeyRing().read(file);
  if (read.state === 'missing') throw unusable(file, { en: 'there is no such file', zh: '文件不存在' });
  if (read.state === 'bad') throw unusable(file, { en: read.why, zh: read.why });
  const key = read.key.getPublicSSH();
  // The .pub beside it has the comment that people know the key by.
  const [, base64, ...said] = (await readFile(`${expandHome(file)}.pub`, 'utf8').catch(() => '')).trim().split(/\s+/);
  const comment = base64 === key.toString('base64') && said.length ? said.join(' ') : read.key.comment;
  return ownKey(file, key, comment, read.state === 'encrypted');
}

/** Where a new key goes: the file that ssh looks at by itself or, where that is taken, one beside it. */
export const newKeyFiles = ['~/.ssh/id_ed25519', '~/.ssh/id_ed25519_k8s-tui'] as const;

/**
 * Makes an ed25519 key without a passphrase in OpenSSH's format, in the first of the files that is not there. Nothing is
 * ever overwritten.
 * @throws Problem login where none is free or the folder cannot be written
 */
export async function makeOwnKey(files: readonly string[] = newKeyFiles): Promise<OwnKey> {
  const comment = `${userInfo().username}@${hostname()}`;
  const pair = newKeyPair(comment);
  for (const file of files) {
    const path = expandHome(file);
    try {
      await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      await writeNew(`${path}.pub`, `${pair.public}\n`, 0o644);
      await writeNew(path, pair.private, 0o600).catch(async error => {
        await rm(`${path}.pub`);
        throw error;
      });
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      if (code === 'EEXIST') continue;
      throw unusable(file, { en: message, zh: message });
    }
    return await readOwnKey(file);
  }
  throw unusable(files.at(-1)!, { en: 'there is a key already, and none is overwritten', zh: '密钥已存在，不会被覆盖' });
}

async function writeNew(path: string, text: string, mode: number): Promise<void> {
  const file = await open(path, 'wx', mode);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await chmod(path, mode);
}

function ownKey(file: string, key: Buffer, comment: string | undefined, isEncrypted: boolean): OwnKey {
  const type = keyType(key);
  const line = [type, key.toString('base64'), comment?.replace(/\s+/g, ' ')].filter(Boolean).join(' ');
  return { file, line, type, fingerprint: fingerprint(key), isEncrypted };
}

const nothingWhere = (kind: typeof Problem) => (error: unknown) => {
  if (error instanceof kind) return null;
  throw error;
};

const unusable = (file: string, why: Text) =>
  new Problem({
    code: 'login',
    what: { en: `the key ${file} cannot be used: ${why.en}`, zh: `无法使用密钥 ${file}：${why.zh}` },
    remedy: {
      en: 'Name another private key, or let a new one be made.',
      zh: '请指定其他私钥，或生成新的密钥。',
    },
  });
