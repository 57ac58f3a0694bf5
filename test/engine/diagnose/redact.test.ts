import { describe, expect, it } from 'vitest';
import { HIDDEN, redact } from '../../../source/engine/diagnose/redact.js';

const canary = 'CaNaRy4711';

describe('no secret is left', () => {
  it.each([
    ['a private key', `before\n-----BEGIN RSA PRIVATE KEY-----\nMIIE${canary}\n-----END RSA PRIVATE KEY-----\nafter`],
    ['an OpenSSH key that was cut off', `-----BEGIN OPENSSH PRIVATE KEY-----\nb3Bl${canary}\n`],
    ['a kubeconfig', `    client-key-data: LS0t${canary}\n`],
    ['a JSON kubeconfig', `{"client-key-data":"LS0t${canary}"}`],
    ['a bootstrap token', `kubeadm join 10.0.0.1:6443 --token abcdef.0123456789abcdef # ${'x'}`],
    ['a bearer', `Authorization: Bearer ${canary}`],
    ['a basic login', `curl -H 'Authorization: Basic ${canary}'`],
    ['a JWT', `got eyJhbGciOiJSUzI1NiIs.eyJ${canary}.sig-${canary}`],
    ['an address', `proxy http://me:${canary}@proxy.lan:3128/ refused`],
    ['an option', `mysql --password=${canary} --certificate-key ${canary}`],
    ['an option of two words', `kubeadm join --token ${canary}`],
    ['a variable', `DB_PASSWORD=${canary} AWS_SECRET_ACCESS_KEY=${canary} GITHUB_TOKEN=${canary}`],
    ['a quoted value', `password: "two words ${canary}"`],
    ['JSON', `{"secretKey": "${canary}", "apiKey":"${canary}", "api_key": "${canary}"}`],
    ['a registry’s login', `{"auths":{"r.io":{"auth":"${canary}=="}}}`],
    ['a pod’s environment', `{"name":"DB_PASSWORD","value":"${canary}"}, {"name": "API_TOKEN", "value": "a ${canary}"}`],
    ['a pod’s environment as kubelet logs it', `Env:[]EnvVar{EnvVar{Name:DB_PASSWORD,Value:${canary},ValueFrom:nil,},}`],
    ['a pod’s environment in a log of YAML', `api: F - name: AWS_SECRET_KEY\napi: F   value: ${canary}\n`],
    ['a login', `docker login -u me -p ${canary} registry.lan; crictl login -p${canary}`],
    ['a token with a head', `pushed with ghp_${canary}0123456789, glpat-${canary}0123456789`],
    ['YAML', `  passphrase: ${canary}\n  token: ${canary}`],
  ])('of %s', (_, text) => {
    const shown = redact(text);
    expect(shown).not.toContain(canary);
    expect(shown).not.toContain('0123456789abcdef');
    expect(shown).toContain(HIDDEN);
  });
});

describe('what helps is left', () => {
  it.each([
    'I1124 kubelet.go:2412] "Failed to get status" err="nodes \\"n1\\" not found"',
    'dial tcp 34.96.108.209:443: i/o timeout',
    'error execution phase preflight: [ERROR Port-6443]: Port 6443 is in use',
    'failed to pull image "registry.k8s.io/kube-proxy:v1.37.2"',
    '/etc/kubernetes/pki/apiserver.key',
    'the token id "abcdef" is invalid for this cluster or it has expired',
    'discovery-token-ca-cert-hash sha256:3f0a1c',
    'secret "bootstrap-token-abcdef" not found',
    'ssh root@10.77.0.11',
    'crictl ps -a -p 1234abcd; mkdir -p /etc/apt',
    'EnvVar{Name:KUBERNETES_SERVICE_HOST,Value:10.96.0.1,ValueFrom:nil,}',
    'secret name: db-password, key: value',
  ])('%s', text => expect(redact(text)).toBe(text));
});

it('takes a long line without a secret in its stride', () => {
  const line = 'a-b.c_'.repeat(20_000);
  expect(redact(line)).toBe(line);
});
