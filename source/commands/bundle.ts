import { Problem } from '../engine/errors.js';
import { writeBundle } from '../engine/relay/bundle.js';
import { Line } from '../engine/relay/contents.js';
import { Corrupt } from '../engine/relay/download.js';
import { Store } from '../engine/relay/store.js';
import { systemOf } from '../engine/relay/systems.js';
import { Refused } from '../engine/relay/upstream.js';
import { wantedOf } from '../engine/relay/wanted.js';
import type { Text } from '../engine/text.js';
import { type ExitCode, exit } from './exit.js';
import { megabytes } from './relay.js';
import type { Session } from './session.js';
import { readSpecFile } from './spec-file.js';

/** Downloads that go on at once. */
const AT_ONCE = 4;

/** Packs everything that an install needs into one file, on a machine with a line; what was fetched is kept, so it can be cut short. */
export async function bundle(session: Session, file: string, output: string, systems: string[]): Promise<ExitCode> {
  const spec = await readSpecFile(file, { relay: true });
  const view = session.view();
  const note = (text: Text) => view.event({ at: Date.now(), type: 'note', text });
  const store = await Store.open();
  const line = new Line(store);
  const onStop = () => line.close();
  session.stop.addEventListener('abort', onStop);
  let say = () => {};
  const clock = setInterval(() => say(), 5000);
  try {
    const urls = new Set<string>();
    let version = '';
    for (const name of systems) {
      note(words.reading(name));
      say = () => note(words.lists(line.progress().drawn));
      const wanted = await wantedOf(spec, systemOf(name), line, store);
      version = wanted.version;
      // Images share their layers.
      const sizes = new Map(wanted.files.map(({ url, size }) => [url.split('/').at(-1), size]));
      const all = [...sizes.values()].reduce((sum, size) => sum + size, 0);
      note(words.wanted(sizes.size, all, version));
      const before = line.progress().drawn;
      say = () => note(words.under(line.progress().drawn - before, all));
      const queue = [...wanted.urls, ...wanted.files.map(({ url }) => url)];
      for (const url of queue) urls.add(url);
      const work = async () => {
        for (let url = queue.shift(); url; url = queue.shift()) await line.whole(url);
      };
      await Promise.all(Array.from({ length: AT_ONCE }, work));
    }
    const entries = await Promise.all([...urls].map(url => line.whole(url)));
    let packed = 0;
    say = () => note(words.packing(packed));
    await writeBundle(output, { format: 1, kubernetes: version, mirror: spec.mirror, systems, entries }, store, bytes => {
      packed += bytes;
    });
    note(words.done(output, packed, version));
    return exit.ok;
  } catch (error) {
    if (session.stop.aborted) {
      note(words.stopped);
      return exit.stopped;
    }
    if (error instanceof Problem) throw error;
    throw unreachable(error as Error);
  } finally {
    clearInterval(clock);
    session.stop.removeEventListener('abort', onStop);
    line.close();
  }
}

const unreachable = (error: Error) =>
  new Problem({
    code: 'preflight',
    what: { en: `not everything could be downloaded: ${error.message}`, zh: `未能全部下载：${error.message}` },
    remedy:
      error instanceof Refused || error instanceof Corrupt
        ? {
            en: 'Try again later, or with the other mirror; what came whole is kept.',
            zh: '请稍后重试，或改用另一镜像源；已完整下载的内容会保留。',
          }
        : {
            en: 'Check the line of this machine and run it again: what came whole is kept.',
            zh: '请检查本机网络后重新运行：已完整下载的内容会保留。',
          },
  });

const words = {
  reading: (name: string): Text => ({ en: `reading the lists for ${name}`, zh: `正在读取 ${name} 的清单` }),
  lists: (drawn: number): Text => ({ en: `lists: ${megabytes(drawn)} so far`, zh: `清单：已下载 ${megabytes(drawn)}` }),
  wanted: (count: number, bytes: number, version: string): Text => ({
    en: `Kubernetes ${version}: ${count} files, ${megabytes(bytes)}`,
    zh: `Kubernetes ${version}：${count} 个文件，${megabytes(bytes)}`,
  }),
  under: (drawn: number, all: number): Text => ({
    en: `${megabytes(drawn)} of at most ${megabytes(all)} downloaded`,
    zh: `已下载 ${megabytes(drawn)}，最多 ${megabytes(all)}`,
  }),
  packing: (bytes: number): Text => ({ en: `packing: ${megabytes(bytes)}`, zh: `正在打包：${megabytes(bytes)}` }),
  stopped: {
    en: 'Stopped; what came whole is kept, and the same command goes on from there.',
    zh: '已停止；已完整下载的内容会保留，再次执行同一命令将继续。',
  },
  done: (output: string, bytes: number, version: string): Text => ({
    en: `${output}: Kubernetes ${version}, ${megabytes(bytes)}. Where there is no line: k8s-tui apply -f cluster.yaml --bundle ${output}`,
    zh: `${output}：Kubernetes ${version}，${megabytes(bytes)}。在无网络处：k8s-tui apply -f cluster.yaml --bundle ${output}`,
  }),
};
