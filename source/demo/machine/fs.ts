import type { IFileSystem } from 'just-bash/browser';

interface Entry {
  mode: number;
  mtime: Date;
  /** user:group */
  owner: string;
}
interface Plain extends Entry {
  kind: 'file';
  /** Text of one character for each byte (latin1). */
  bytes: string;
}
interface Folder extends Entry {
  kind: 'folder';
  entries: Map<string, Inode>;
}
interface Link extends Entry {
  kind: 'link';
  target: string;
}
type Inode = Plain | Folder | Link;

type Content = string | Uint8Array;
type Encoding = { encoding?: string | null } | string | undefined;

const isBinary = (how: Encoding) => ['binary', 'latin1'].includes((typeof how === 'string' ? how : how?.encoding) ?? '');
const toBytes = (content: Content, how?: Encoding): string =>
  typeof content !== 'string'
    ? Buffer.from(content).toString('latin1')
    : isBinary(how) || isPlain(content)
      ? content
      : Buffer.from(content, 'utf8').toString('latin1');
const isPlain = (text: string) => /^[\0-\x7f]*$/.test(text);

const fail = (code: string, why: string, path: string): never => {
  throw Object.assign(new Error(`${code}: ${why}, '${path}'`), { code });
};
const missing = (path: string) => fail('ENOENT', 'no such file or directory', path);

/** The files of a machine: a tree of inodes, where symbolic links are followed wherever a kernel would. */
export class MachineFs implements IFileSystem {
  private readonly root: Folder = { kind: 'folder', mode: 0o755, mtime: new Date(), owner: 'root:root', entries: new Map() };
  private followers = new Set<() => void>();
  /** No more bytes fit on the disk; what lies in memory grows all the same. */
  isFull = false;

  // ── Finding ──

  /** The folder that a path's last part is in, and that part. The folder is null where there is none. */
  private locate(
    path: string,
    followsLast: boolean,
    depth = 0,
  ): { folder: Folder | null; name: string; inode: Inode | undefined; real: string } {
    if (depth > 40) fail('ELOOP', 'too many levels of symbolic links', path);
    let folder = this.root;
    let real = '';
    const parts = path.split('/').filter(part => part && part !== '.');
    for (const [i, part] of parts.entries()) {
      const isLast = i === parts.length - 1;
      const inode = folder.entries.get(part);
      if (inode?.kind === 'link' && (!isLast || followsLast)) {
        const rest = parts.slice(i + 1).join('/');
        return this.locate(`${this.resolvePath(real || '/', inode.target)}${rest && `/${rest}`}`, followsLast, depth + 1);
      }
      if (isLast) return { folder, name: part, inode, real: `${real}/${part}` };
      if (inode?.kind !== 'folder')
        return { folder: null, name: part, inode: undefined, real: `${real}/${parts.slice(i).join('/')}` };
      folder = inode;
      real += `/${part}`;
    }
    return { folder: null, name: '', inode: this.root, real: '/' };
  }
  private find(path: string): Inode | undefined {
    return this.locate(path, true).inode;
  }
  private file(path: string): Plain {
    const inode = this.find(path) ?? missing(path);
    return inode.kind === 'file' ? inode : fail('EISDIR', 'illegal operation on a directory', path);
  }
  private folder(path: string): Folder {
    const inode = this.find(path) ?? missing(path);
    return inode.kind === 'folder' ? inode : fail('ENOTDIR', 'not a directory', path);
  }

  resolvePath(base: string, path: string): string {
    const parts: string[] = [];
    for (const part of (path.startsWith('/') ? path : `${base}/${path}`).split('/')) {
      if (part === '..') parts.pop();
      else if (part && part !== '.') parts.push(part);
    }
    return `/${parts.join('/')}`;
  }

  // ── Reading ──

  async bytes(path: string): Promise<string> {
    return this.file(path).bytes;
  }
  async readFile(path: string, how?: Encoding): Promise<string> {
    const { bytes } = this.file(path);
    return isBinary(how) || isPlain(bytes) ? bytes : Buffer.from(bytes, 'latin1').toString('utf8');
  }
  async readFileBytes(path: string): Promise<never> {
    return this.file(path).bytes as never;
  }
  async readFileBuffer(path: string): Promise<Uint8Array> {
    return Buffer.from(this.file(path).bytes, 'latin1');
  }
  /** The text of a file, or null where there is none. */
  async text(path: string): Promise<string | null> {
    return this.find(path)?.kind === 'file' ? this.readFile(path) : null;
  }
  async exists(path: string): Promise<boolean> {
    return this.find(path) !== undefined;
  }
  async isFolder(path: string): Promise<boolean> {
    return this.find(path)?.kind === 'folder';
  }
  async stat(path: string) {
    return stat(this.find(path) ?? missing(path));
  }
  async lstat(path: string) {
    return stat(this.locate(path, false).inode ?? missing(path));
  }
  async readdir(path: string): Promise<string[]> {
    return [...this.folder(path).entries.keys()].sort();
  }
  async readdirWithFileTypes(path: string) {
    return [...this.folder(path).entries]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, { kind }]) => ({
        name,
        isFile: kind === 'file',
        isDirectory: kind === 'folder',
        isSymbolicLink: kind === 'link',
      }));
  }
  async readlink(path: string): Promise<string> {
    const { inode } = this.locate(path, false);
    return inode?.kind === 'link' ? inode.target : fail(inode ? 'EINVAL' : 'ENOENT', 'invalid argument', path);
  }
  async realpath(path: string): Promise<string> {
    const { inode, real } = this.locate(path, true);
    return inode ? real : missing(path);
  }
  ownerOf(path: string): string {
    return this.locate(path, false).inode?.owner ?? 'root:root';
  }
  getAllPaths(): string[] {
    const walk = (folder: Folder, path: string): string[] =>
      [...folder.entries].flatMap(([name, inode]) => [
        `${path}/${name}`,
        ...(inode.kind === 'folder' ? walk(inode, `${path}/${name}`) : []),
      ]);
    return walk(this.root, '');
  }

  // ── Writing ──

  private put_(path: string, make: () => Inode): void {
    const { folder, name } = this.locate(path, true);
    if (!folder) missing(path);
    folder!.entries.set(name, make());
    folder!.mtime = new Date();
  }
  private isFullAt(path: string): boolean {
    return this.isFull && !/^\/(proc|sys|run|dev)\//.test(path);
  }
  async writeFile(path: string, content: Content, how?: Encoding): Promise<void> {
    const bytes = toBytes(content, how);
    if (bytes && this.isFullAt(path)) fail('ENOSPC', 'No space left on device', path);
    const inode = this.find(path);
    if (inode?.kind === 'folder') fail('EISDIR', 'illegal operation on a directory', path);
    if (inode?.kind === 'file') Object.assign(inode, { bytes, mtime: new Date() });
    else this.put_(path, () => ({ kind: 'file', mode: 0o644, mtime: new Date(), owner: 'root:root', bytes }));
    this.notify();
  }
  async appendFile(path: string, content: Content, how?: Encoding): Promise<void> {
    const inode = this.find(path);
    if (inode?.kind !== 'file') return this.writeFile(path, content, how);
    if (this.isFullAt(path)) fail('ENOSPC', 'No space left on device', path);
    inode.bytes += toBytes(content, how);
    inode.mtime = new Date();
    this.notify();
  }
  append(path: string, bytes: string): Promise<void> {
    return this.appendFile(path, bytes, 'binary');
  }
  /** A file that says something new each time it is read, as those of /proc do. */
  async live(path: string, says: () => string): Promise<void> {
    await this.put(path, '');
    Object.defineProperty(this.file(path), 'bytes', { get: says, set: () => {} });
  }
  /** A whole file with all its folders. */
  async put(path: string, content: Content, mode = 0o644): Promise<void> {
    await this.mkdir(path.slice(0, path.lastIndexOf('/')) || '/', { recursive: true });
    await this.writeFile(path, content);
    await this.chmod(path, mode);
  }
  async mkdir(path: string, { recursive = false } = {}): Promise<void> {
    const { folder, name, inode } = this.locate(path, true);
    if (inode) {
      if (recursive && inode.kind === 'folder') return;
      fail('EEXIST', 'file already exists', path);
    }
    if (!folder) {
      if (!recursive) missing(path);
      await this.mkdir(path.slice(0, path.replace(/\/+$/, '').lastIndexOf('/')), { recursive });
      return this.mkdir(path);
    }
    folder.entries.set(name, { kind: 'folder', mode: 0o755, mtime: new Date(), owner: 'root:root', entries: new Map() });
    folder.mtime = new Date();
  }
  async symlink(target: string, path: string): Promise<void> {
    if (this.locate(path, false).inode) fail('EEXIST', 'file already exists', path);
    const { folder, name } = this.locate(path, false);
    if (!folder) missing(path);
    folder!.entries.set(name, { kind: 'link', mode: 0o777, mtime: new Date(), owner: 'root:root', target });
  }
  async link(from: string, to: string): Promise<void> {
    if (this.find(to)) fail('EEXIST', 'file already exists', to);
    const inode = this.file(from);
    this.put_(to, () => inode);
  }
  async rm(path: string, { recursive = false, force = false } = {}): Promise<void> {
    const { folder, name, inode } = this.locate(path, false);
    if (!inode || !folder) return force ? undefined : missing(path);
    if (inode.kind === 'folder' && inode.entries.size && !recursive) fail('ENOTEMPTY', 'directory not empty', path);
    folder.entries.delete(name);
    folder.mtime = new Date();
  }
  async remove(path: string): Promise<void> {
    await this.rm(path, { recursive: true, force: true });
  }
  async cp(from: string, to: string, { recursive = false } = {}): Promise<void> {
    const inode = this.find(from) ?? missing(from);
    if (inode.kind === 'folder' && !recursive) fail('EISDIR', 'is a directory', from);
    const copy = (one: Inode): Inode =>
      one.kind === 'folder'
        ? { ...one, entries: new Map([...one.entries].map(([name, child]) => [name, copy(child)])) }
        : { ...one };
    const made = copy(inode);
    this.put_(to, () => made);
  }
  async mv(from: string, to: string): Promise<void> {
    const source = this.locate(from, false);
    if (!source.inode || !source.folder) return missing(from);
    const target = this.locate(to, false);
    if (!target.folder) missing(to);
    if (target.inode === source.inode) return;
    source.folder.entries.delete(source.name);
    target.folder!.entries.set(target.name, source.inode);
  }
  async chmod(path: string, mode: number): Promise<void> {
    (this.find(path) ?? missing(path)).mode = mode & 0o7777;
  }
  async chown(path: string, owner: string): Promise<void> {
    (this.locate(path, false).inode ?? missing(path)).owner = owner;
  }
  async utimes(path: string, _accessed: Date, modified: Date): Promise<void> {
    (this.find(path) ?? missing(path)).mtime = modified;
  }

  // ── Watching ──

  /** Resolves at the next write to any file. */
  changed(): Promise<void> {
    return new Promise(done => this.followers.add(done));
  }
  notify(): void {
    const followers = this.followers;
    this.followers = new Set();
    for (const go of followers) go();
  }
}

const stat = (inode: Inode) => ({
  isFile: inode.kind === 'file',
  isDirectory: inode.kind === 'folder',
  isSymbolicLink: inode.kind === 'link',
  mode: inode.mode,
  size: inode.kind === 'file' ? inode.bytes.length : inode.kind === 'link' ? inode.target.length : 4096,
  mtime: inode.mtime,
});
