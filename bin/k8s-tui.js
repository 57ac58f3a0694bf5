#!/usr/bin/env node
// Plain JavaScript that any Node can read, so that an old one is told what is missing in a sentence.
const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 18)) {
  console.error(`k8s-tui needs Node 20.18 or newer; this is ${process.version}. See https://nodejs.org/en/download`);
  process.exit(2);
}

// The libraries that colour know FORCE_COLOR only, and read it while they are loaded.
if (process.env.NO_COLOR && !process.env.FORCE_COLOR) process.env.FORCE_COLOR = '0';

// Where Node can (22.8 and newer), what it has compiled is kept for the next start, which is then a fifth shorter. Not in the
// temporary folder, where others could put something in its place.
const caches = process.env.XDG_CACHE_HOME || (process.env.HOME && `${process.env.HOME}/.cache`);
if (caches) process.getBuiltinModule('node:module').enableCompileCache?.(`${caches}/k8s-tui`);

import('../dist/cli.js').then(
  cli => cli.main(process.argv),
  error => {
    if (error?.code !== 'ERR_MODULE_NOT_FOUND' || !error.url?.endsWith('/dist/cli.js')) throw error;
    console.error('k8s-tui is not built yet. Run: npm ci && npm run build');
    process.exit(2);
  },
);
