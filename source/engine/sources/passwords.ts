/** Set before scripts that need it: the password of `own.proxyUser`. */
export const PROXY_PASSWORD = 'K8S_TUI_PROXY_PASSWORD';
/** The password of `own.registryUser`. */
export const REGISTRY_PASSWORD = 'K8S_TUI_REGISTRY_PASSWORD';
