import { badJump, type Target } from './errors.js';

/**
 * The host to go through: `user@host:port`, of which user and port may be missing; an IPv6 address stands in brackets.
 * @throws Problem spec
 */
export function parseJump(jump: string, behind: Target): Target {
  const [, user = behind.user, bracketed, bare, port = '22'] =
    /^(?:([^@\s]+)@)?(?:\[([^\]\s]+)\]|([^:[\]\s@]+))(?::(\d{1,5}))?$/.exec(jump) ?? [];
  const address = bracketed ?? bare;
  if (!address) throw badJump(behind, jump);
  return { ...behind, host: address, user, address, port: Number(port) };
}
