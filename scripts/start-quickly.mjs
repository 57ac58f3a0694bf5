// Lines of packages that take time at every start, and at every login, for what is seldom needed.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');

/** ICU's tables for what a character is: our own texts do without. */
const ourSegmenter = `import { graphemes as segmenter } from '${join(root, 'source/components/graphemes.ts')}';`;

const changes = {
  'node_modules/string-width/index.js': [
    ['const segmenter = new Intl.Segmenter();', ourSegmenter],
    // The set of all emoji is put together when something that may be one is to be measured.
    [
      String.raw`/^\p{RGI_Emoji}$/v`,
      String.raw`{ all: null, test(text) { return /^\p{Emoji}/u.test(text) && (this.all ??= /^\p{RGI_Emoji}$/v).test(text); } }`,
    ],
  ],
  'node_modules/wrap-ansi/node_modules/string-width/index.js': [['const segmenter = new Intl.Segmenter();', ourSegmenter]],
  'node_modules/@alcalzone/ansi-tokenize/build/tokenize.js': [
    ['const segmenter = new Intl.Segmenter(undefined, { granularity: "grapheme" });', ourSegmenter],
  ],
  'node_modules/slice-ansi/tokenize-ansi.js': [
    [
      "new Intl.Segmenter(undefined, {granularity: 'grapheme'})",
      '{ all: null, segment(text) { return (this.all ??= new Intl.Segmenter()).segment(text); } }',
    ],
  ],
  // Agents for HTTP by way of a host, which nobody asks for, load all that Node has for HTTP and TLS.
  'node_modules/ssh2/lib/index.js': [["require('./http-agents.js')", '{}']],
  // An sshd that names its keys would sign with each of them, and we check it all, for nobody who listens.
  'node_modules/ssh2/lib/client.js': [
    ['hostKeysProve(this, data,', "if (this.listenerCount('hostkeys')) hostKeysProve(this, data,"],
  ],
  // For private keys with a passphrase.
  'node_modules/ssh2/lib/protocol/keyParser.js': [
    ["= require('bcrypt-pbkdf').pbkdf;", "= (...all) => require('bcrypt-pbkdf').pbkdf(...all);"],
  ],
  // Its program is a part of the file. To look whether there is a fetch loads all that Node has for HTTP.
  'node_modules/yoga-layout/dist/binaries/yoga-wasm-base64-esm.js': [['"function"!=typeof fetch', 'true']],
};

/** A plugin of esbuild. It fails where a package no longer has such a line. */
export const startQuickly = {
  name: 'start quickly',
  setup({ onLoad }) {
    for (const [file, lines] of Object.entries(changes))
      onLoad({ filter: new RegExp(`${file}$`) }, async ({ path }) => {
        // Another package may have a version of its own.
        if (path !== join(root, file)) return null;
        let contents = await readFile(path, 'utf8');
        for (const [from, to] of lines) {
          if (!contents.includes(from)) return { errors: [{ text: `${file} does not have: ${from}` }] };
          contents = contents.replace(from, () => to);
        }
        return { contents };
      });
  },
};
