#!/bin/sh
# Builds and runs preview.ts: the screens by hand, on an engine that plays a script.
set -eu
cd "$(dirname "$0")/../.."
out=${TMPDIR:-/tmp}/k8s-tui-preview
[ "${SKIP_BUILD:-}" ] || npx esbuild test/harness/preview.ts --bundle --splitting --format=esm --platform=node --outdir="$out" --jsx=automatic --minify --keep-names --log-level=warning \
  --define:process.env.NODE_ENV='"production"' --define:process.env.DEV='"false"' --loader:.sh=text --loader:.service=text --loader:.yaml=text --loader:.yml=text \
  --external:'*/preflight/preflight.js' --external:cpu-features --external:'*/sshcrypto.node' --external:react-devtools-core --out-extension:.js=.mjs \
  --banner:js="import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);"
exec node "$out/preview.mjs" "$@"
