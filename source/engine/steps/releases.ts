/** The release files that `runtime: github` takes, as paths below GitHub's root, or a mirror's. */
export function releases(arch: string) {
  const containerd = '2.3.7';
  const runc = '1.4.3';
  return {
    containerd: {
      version: containerd,
      path: `containerd/containerd/releases/download/v${containerd}`,
      file: `containerd-${containerd}-linux-${arch}.tar.gz`,
    },
    runc: { version: runc, path: `opencontainers/runc/releases/download/v${runc}`, file: `runc.${arch}` },
  };
}
