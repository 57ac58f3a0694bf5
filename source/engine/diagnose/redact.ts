/** What stands in the place of a secret. */
export const HIDDEN = '[hidden]';

const rules: readonly [RegExp, string][] = [
  // Private keys, also where a log has put their lines beside each other; a block that was cut off has no end.
  [/-----BEGIN ([A-Z0-9 ]*PRIVATE KEY)-----[\s\S]*?(?:-----END \1-----|$)/g, HIDDEN],
  // Kubeconfigs, Secrets and what they are made from.
  [/((?:client-key-data|token-secret|id-token|refresh-token)["']?\s*[:=]\s*["']?)[^\s"',}]+/gi, `$1${HIDDEN}`],
  // Bootstrap tokens: their first half is an identity, their second the secret.
  [/\b([a-z0-9]{6})\.[a-z0-9]{16}\b/g, `$1.${HIDDEN}`],
  [/\beyJ[\w-]{8,}\.[\w-]+(?:\.[\w-]*)?/g, HIDDEN],
  [/\b((?:proxy-)?authorization["']?\s*[:=]\s*["']?(?:bearer|basic|digest|negotiate)?\s*)[^\s"',}]+/gi, `$1${HIDDEN}`],
  [/\b(bearer\s+)[\w.~+/-]{16,}=*/gi, `$1${HIDDEN}`],
  // Names and passwords in addresses.
  [/(\b[a-z][a-z0-9+.-]*:\/\/)[^\s/@"']+@/gi, `$1${HIDDEN}@`],
  // --password x, --token=x, --certificate-key x
  [/(--(?:[a-z-]*-)?(?:token|password|passwd|certificate-key|secret|api-?key)[= ]\s*["']?)[^\s"']+/gi, `$1${HIDDEN}`],
  // MY_PASSWORD=x, "secretKey": "x", password: x
  [
    /(\b[\w.-]{0,64}?(?:passwo?r?d|passphrase|secret(?:[a-z_]{0,8}key)?|api_?key|access_?key|private_?key|credentials?|auth_?token|(?:[a-z0-9]+_)?token)["']?\s*[:=]\s*)(?!\s)(?:"(?:[^"\\]|\\.)*"|'[^']*'|[^\s"',;}]+)/gi,
    `$1${HIDDEN}`,
  ],
  // A pod's environment: {"name":"DB_PASSWORD","value":"x"}, EnvVar{Name:DB_PASSWORD,Value:x,}, and as YAML, where a log has put its own words before each line.
  [
    /(\bname["']?\s*:\s*["']?[\w.-]{0,64}?(?:passw|passphrase|secret|token|credential|_key|apikey)[\w.-]{0,64}["']?\s*(?:,|\n[^\n]{0,80}?)\s*["']?\bvalue["']?\s*:\s*)(?!\s)(?:"(?:[^"\\]|\\.)*"|'[^']*'|[^\s"',;}]+)/gi,
    `$1${HIDDEN}`,
  ],
  // docker login -u me -p x
  [/(\blogin\b[^\n]{0,200}?\s-p[= ]?\s*)[^\s"']+/gi, `$1${HIDDEN}`],
  // Tokens that say by their head what they are: of GitHub, GitLab, AWS, Slack.
  [/\b(?:gh[pousr]_|github_pat_|glpat-|xox[abprs]-)[\w-]{16,}|\bA(?:K|S)IA[A-Z0-9]{16}\b/g, HIDDEN],
  // The registry's logins of a docker configuration.
  [/("auth"\s*:\s*")[^"]*/gi, `$1${HIDDEN}`],
];

/** A text without what would let its reader in anywhere: private keys, tokens, passwords. What a key or a host is called stays. */
export const redact = (text: string): string => rules.reduce((rest, [secret, put]) => rest.replace(secret, put), text);
