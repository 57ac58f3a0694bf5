import type { Ask, Connector } from '../fleet.js';
import type { Remote } from '../remote.js';
import type { ClusterSpec } from '../spec/schema.js';
import { PROXY_PASSWORD, REGISTRY_PASSWORD } from './passwords.js';

export interface LoggedIn extends Connector {
  /** What was answered was wrong: it is asked for anew. */
  forgetLogins(): void;
}

/**
 * Knows the passwords of the operator's own sources: each is asked for once, when a script first names its variable, and is sent
 * ahead of the script on standard input, as all secrets are.
 */
export function withLogins(connector: Connector, ask: Ask): LoggedIn {
  const known = new Map<string, Promise<string>>();
  let attempt = 1;

  const password = (variable: string, question: Login): Promise<string> => {
    const key = `${variable} ${question.user} ${question.host}`;
    if (!known.has(key))
      known.set(
        key,
        ask.secret({ ...question, attempt }).then(answer => answer ?? ''),
      );
    return known.get(key)!;
  };
  const neededBy = async (script: string, logins: [string, Login][]) => {
    const needed = logins.filter(([variable]) => script.includes(variable));
    return Object.fromEntries(
      await Promise.all(needed.map(async ([variable, login]) => [variable, await password(variable, login)])),
    ) as Record<string, string>;
  };
  const wrap = (remote: Remote, logins: [string, Login][]): Remote => {
    const run: Remote['run'] = async (script, options) =>
      remote.run(script, { ...options, variables: { ...(await neededBy(`${script}`, logins)), ...options?.variables } });
    const job: Remote['job'] = async (id, script, options) =>
      remote.job(id, script, { ...options, variables: { ...(await neededBy(`${script}`, logins)), ...options.variables } });
    return over(remote, { run, job });
  };

  return over(connector, {
    async connect(...args: Parameters<Connector['connect']>) {
      const remote = await connector.connect(...args);
      const logins = loginsOf(args[0]);
      return logins.length ? wrap(remote, logins) : remote;
    },
    forgetLogins() {
      attempt += 1;
      known.clear();
    },
  });
}

/** Something with some of its methods replaced; all others are its own. */
const over = <T extends object, O extends object>(it: T, own: O): T & O =>
  new Proxy(it, {
    get(target, name) {
      if (name in own) return own[name as keyof O];
      const value = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  }) as T & O;

interface Login {
  kind: 'registry' | 'proxy';
  user: string;
  host: string;
}

function loginsOf({ own }: ClusterSpec): [string, Login][] {
  const { registry, registryUser, proxy, proxyUser } = own;
  return [
    ...(registry && registryUser
      ? [[REGISTRY_PASSWORD, { kind: 'registry', user: registryUser, host: registry }] as [string, Login]]
      : []),
    ...(proxy && proxyUser ? [[PROXY_PASSWORD, { kind: 'proxy', user: proxyUser, host: proxy }] as [string, Login]] : []),
  ];
}
