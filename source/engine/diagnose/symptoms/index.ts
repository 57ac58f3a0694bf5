import type { Symptom } from '../symptom.js';
import { controlPlane } from './control-plane.js';
import { downloads } from './downloads.js';
import { join } from './join.js';
import { kubelet } from './kubelet.js';
import { machine } from './machine.js';
import { network } from './network.js';
import { packages } from './packages.js';
import { runtime } from './runtime.js';

/** The whole table: what lies deeper comes first. */
export const symptoms: readonly Symptom[] = [
  ...machine,
  ...runtime,
  ...kubelet,
  ...controlPlane,
  ...downloads,
  ...packages,
  ...join,
  ...network,
];
