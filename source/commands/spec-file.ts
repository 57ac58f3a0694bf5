import { readFile } from 'node:fs/promises';
import { Problem } from '../engine/errors.js';
import { readSpec } from '../engine/spec/read.js';
import type { ClusterSpec } from '../engine/spec/schema.js';

/** @throws Problem spec where the file cannot be read or is not right */
export async function readSpecFile(file: string, how: { relay?: true } = {}): Promise<ClusterSpec> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new Problem({
      code: 'spec',
      what: reasons[error.code ?? '']?.(file) ?? {
        en: `${file} cannot be read: ${error.message}`,
        zh: `无法读取 ${file}：${error.message}`,
      },
      remedy: {
        en: 'Name the file that describes the cluster: -f cluster.yaml. The guided screens (k8s-tui) can write one.',
        zh: '请指定描述集群的文件：-f cluster.yaml。引导界面（k8s-tui）可以生成该文件。',
      },
    });
  });
  return readSpec(text, file, how);
}

const reasons: Record<string, (file: string) => { en: string; zh: string }> = {
  ENOENT: file => ({ en: `there is no file ${file}`, zh: `没有文件 ${file}` }),
  EISDIR: file => ({ en: `${file} is a folder`, zh: `${file} 是一个文件夹` }),
  EACCES: file => ({ en: `${file} may not be read by you`, zh: `没有读取 ${file} 的权限` }),
};
