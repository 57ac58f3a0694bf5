import { raw, type Shell, sh } from '../sh.js';
import { REGISTRY_PASSWORD } from './passwords.js';

/** A command that prints the login as registries want it. Builtins and pipes alone: it is on no command line. */
export const loginInBase64 = (user: string): Shell =>
  sh`printf '%s:%s' ${user} "$${raw(REGISTRY_PASSWORD)}" | base64 | tr -d '\n'`;

/** The host of a registry's API: what stands before the first slash of an image. */
export const registryOf = (image: string): string => image.split('/')[0]!;
