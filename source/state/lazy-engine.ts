import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import packageJson from '../../package.json' with { type: 'json' };
import type { Engine } from './engine.js';

/** The engine, each part loaded when it is first needed: the first screen does not wait for zod, ssh2 and the rest. */
export const lazyEngine: Engine = {
  validate: async spec => (await import('../engine/spec/check.js')).checkSpec(JSON.parse(JSON.stringify(spec))).issues,
  toYaml: async spec => (await import('../engine/spec/write.js')).writeSpec(spec),
  gather: async (...args) => (await import('../engine/gather.js')).gather(...args),
  reach: async (spec, remotes, facts, options) => {
    const [{ reach, reachFindings }, { closingRules }] = await Promise.all([
      import('../engine/discover/reach.js'),
      import('../engine/discover/reach-rules.js'),
    ]);
    const found = await reach(spec, remotes, options);
    const rules = await closingRules(found, remotes, options.signal);
    return { found, findings: reachFindings(spec, facts, found, rules) };
  },
  probeSources: async (...args) => (await import('../engine/sources/probe.js')).probeSources(...args),
  chooseSources: async (...args) => (await import('../engine/sources/choose.js')).chooseSources(...args),
  preflight: async (...args) => (await import('../engine/preflight/preflight.js')).preflight(...args),
  openRelay: async (...args) => (await import('../engine/relay/relay.js')).openLineRelay(...args),
  makePlan: async input => (await import('../engine/plan/make.js')).makePlan(input),
  checkPlan: async (...args) => (await import('../engine/run/check.js')).checkPlan(...args),
  run: async (...args) => (await import('../engine/run/run.js')).run(...args),
  collectEvidence: async (...args) => (await import('../engine/diagnose/evidence.js')).collectEvidence(...args),
  diagnose: async (...args) => (await import('../engine/diagnose/diagnose.js')).diagnose(...args),
  mend: async (...args) => (await import('../engine/diagnose/mend.js')).mend(...args),
  bundleFiles: async input =>
    (await import('../engine/diagnose/bundle.js')).bundleFiles({ version: packageJson.version, ...input }),
  writeBundle: async (cluster, files) => {
    const [{ writeBundle }, { stateFolder }] = await Promise.all([
      import('../engine/diagnose/bundle.js'),
      import('../views/state-folder.js'),
    ]);
    const folder = join(stateFolder(), cluster);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const path = join(folder, `bundle-${new Date().toISOString().replace(/[:.]/g, '-')}.tar.gz`);
    await writeBundle(path, files);
    return path;
  },
  openLog: async (...args) => (await import('../views/log.js')).openRunLog(...args),
};
