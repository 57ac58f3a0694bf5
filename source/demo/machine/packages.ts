import { debianPackages, minors, type PackageEntry, repositoryOf } from '../world/packages.js';
import { binaryMark, type Machine } from './machine.js';

export interface Installed {
  version: string;
  isHeld: boolean;
  /** Not so while its files are laid out; cut short then, dpkg wants it installed again before anything else. */
  isUnpacked: boolean;
  isConfigured: boolean;
}

interface Source {
  url: string;
  suite: string;
  /** How apt names its lists of it. */
  list: string;
}

/** dpkg's and apt's knowledge on a machine. */
export class Packages {
  readonly installed = new Map<string, Installed>();

  constructor(private readonly machine: Machine) {}

  /** What /etc/apt names, or one file of it alone. @param parts where the other files lie */
  async sources(onlyFile?: string, parts = '/etc/apt/sources.list.d'): Promise<Source[]> {
    const { fs } = this.machine;
    const names = await fs.readdir(parts).catch(() => []);
    const files = onlyFile ? [onlyFile] : ['/etc/apt/sources.list', ...names.map(name => `${parts}/${name}`)];
    const found: Source[] = [];
    for (const file of files) {
      const text = (await fs.text(file)) ?? '';
      const lines = file.endsWith('.sources')
        ? [...text.matchAll(/URIs: (\S+)\nSuites: (.*)\n/g)].flatMap(([, url, suites]) =>
            suites!.split(' ').map(suite => [url!, suite]),
          )
        : [...text.matchAll(/^deb (?:\[.*?\] )?(\S+) (\S+)/gm)].map(([, url, suite]) => [url!, suite!]);
      for (const [url, suite] of lines as [string, string][]) {
        const base = url
          .replace(/^https?:\/\//, '')
          .replace(/\/$/, '')
          .replaceAll('/', '_');
        found.push({ url: url.replace(/\/$/, ''), suite, list: suite === '/' ? `${base}_` : `${base}_dists_${suite}_` });
      }
    }
    return found;
  }

  /** What a source carries. */
  carriedBy({ url }: Source): PackageEntry[] {
    const kubernetes = /(?:core:\/stable:|core\/stable)\/(v1\.\d+)\/deb$/.exec(url)?.[1];
    if (kubernetes) return repositoryOf('kubernetes', kubernetes);
    if (/docker(-ce|\.com)\/linux\//.test(url)) return repositoryOf('docker');
    return debianPackages;
  }

  /** All that can be installed, as far as the lists have been fetched; newest of each name last. */
  async available(parts?: string): Promise<PackageEntry[]> {
    const lists = await this.machine.fs.readdir('/var/lib/apt/lists').catch(() => []);
    const sources = (await this.sources(undefined, parts)).filter(source => lists.some(name => name.startsWith(source.list)));
    return [...new Map(sources.map(source => [source.list, this.carriedBy(source)])).values()].flat();
  }

  /** The package that `name`, `name=version` or `name=1.2.*` means. */
  static pick(available: PackageEntry[], wanted: string): PackageEntry | undefined {
    const [name, version] = wanted.split('=');
    const candidates = available.filter(entry => entry.name === name);
    if (!version) return candidates.at(-1);
    return candidates.findLast(entry =>
      version.endsWith('*') ? entry.version.startsWith(version.slice(0, -1)) : entry.version === version,
    );
  }

  /** What has to be installed for some packages, the needed ones first. @throws Error with apt's words */
  plan(available: PackageEntry[], wanted: string[]): PackageEntry[] {
    const order = new Map<string, PackageEntry>();
    const add = (word: string) => {
      const [name, version] = word.split('=') as [string, string?];
      const entry = Packages.pick(available, word);
      const present = this.installed.get(name);
      if (!entry && present && !version) return;
      if (!entry) {
        if (version && available.some(each => each.name === name))
          throw new Error(`E: Version '${version}' for '${name}' was not found`);
        throw new Error(`E: Unable to locate package ${name}`);
      }
      if ((present?.version === entry.version && present.isConfigured) || order.has(name)) return;
      if (present?.isConfigured && !version && !wanted.includes(name)) return;
      for (const need of entry.needs ?? []) add(need);
      order.set(name, entry);
    };
    for (const word of wanted) add(word);
    return [...order.values()];
  }

  /** Its unpacking has begun. */
  begin({ name, version }: PackageEntry): void {
    const isHeld = this.installed.get(name)?.isHeld ?? false;
    this.installed.set(name, { version, isHeld, isUnpacked: false, isConfigured: false });
  }
  async unpack(entry: PackageEntry): Promise<void> {
    const { fs } = this.machine;
    for (const folder of entry.folders ?? []) await fs.mkdir(folder, { recursive: true });
    for (const [path, content] of Object.entries(entry.files ?? {}))
      await fs.put(path, content || binaryMark, content ? 0o644 : 0o755);
    for (const [path, content] of Object.entries(entry.configuration ?? {}))
      if (!(await fs.exists(path))) await fs.put(path, content);
    this.installed.get(entry.name)!.isUnpacked = true;
  }
  async configure(entry: PackageEntry): Promise<void> {
    this.installed.get(entry.name)!.isConfigured = true;
    for (const unit of entry.starts ?? []) {
      await this.machine.units.enable(unit);
      await this.machine.units.start(unit);
    }
  }

  /** What was cut short is brought to its end: `dpkg --configure -a`. */
  async configureAll(): Promise<void> {
    for (const [name, present] of this.installed) {
      const entry = this.entryOf(name);
      if (present.isConfigured || !present.isUnpacked) continue;
      if (entry) await this.configure(entry);
      else present.isConfigured = true;
    }
  }

  /** Where an installed package came from; nothing for those that the machine was made with. */
  private entryOf(name: string): PackageEntry | undefined {
    const version = this.installed.get(name)?.version;
    return [...debianPackages, ...repositoryOf('docker'), ...minors.flatMap(minor => repositoryOf('kubernetes', minor))].find(
      each => each.name === name && each.version === version,
    );
  }

  /** Takes a package out with its configuration; folders that are empty then go too. */
  async purge(name: string): Promise<void> {
    const { fs, units } = this.machine;
    const entry = this.entryOf(name);
    for (const path of Object.keys(entry?.files ?? {})) {
      const unit = /\/systemd\/system\/([^/]+\.service)$/.exec(path)?.[1];
      if (unit) {
        await units.stop(unit);
        await units.disable(unit);
        units.forget(unit);
      }
    }
    const paths = [...Object.keys(entry?.files ?? {}), ...Object.keys(entry?.configuration ?? {})];
    for (const path of paths) await fs.remove(path);
    for (const path of [...(entry?.folders ?? []), ...paths.map(parent)]) await this.removeEmpty(path);
    this.installed.delete(name);
  }
  private async removeEmpty(path: string): Promise<void> {
    const { fs } = this.machine;
    if (
      /^\/(usr|etc|var|opt)?(\/(bin|sbin|lib|local|default|systemd|lib\/systemd|lib\/systemd\/system))*$/.test(path) ||
      !(await fs.isFolder(path))
    )
      return;
    if ((await fs.readdir(path)).length) return;
    await fs.remove(path);
    await this.removeEmpty(parent(path));
  }
}

const parent = (path: string) => path.slice(0, path.lastIndexOf('/')) || '/';
