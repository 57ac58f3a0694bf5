/** Where sshd listens: two hosts may share an address behind a router, at different ports. */
export const placeOf = ({ address, port }: { address: string; port?: number }): string => `${address} ${port ?? 22}`;
