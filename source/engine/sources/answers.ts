import type { Text } from '../text.js';

/** What curl said of one request. Times are milliseconds since it began; null where it did not get so far. */
export interface Answer {
  url: string;
  /** 0 where nothing answered. */
  code: number;
  /** curl's exit code. */
  exit: number;
  /** The first byte. */
  ms: number | null;
  dns: number | null;
  tcp: number | null;
  tls: number | null;
  /** Who answered. */
  address: string | null;
  /** OpenSSL's verdict on the certificate; 0 is good. */
  verify: number;
  contentType: string;
}

const ms = (seconds: string | undefined) => (Number(seconds) > 0 ? Math.round(Number(seconds) * 1000) : null);

/** `asked CODE SECONDS EXIT URL`, and behind it NAME CONNECT TLS VERIFY ADDRESS TYPE */
export function parseAnswer(line: string): Answer[] {
  const [, code, first, exit, url, rest = ''] = /^asked (\d{3}) ([\d.]+) (\d+) (\S*)(?: (.*))?$/.exec(line) ?? [];
  if (!code) return [];
  const [dns, tcp, tls, verify, address, ...type] = rest.split(' ');
  return [
    {
      url: url ?? '',
      code: Number(code),
      exit: Number(exit),
      ms: ms(first),
      dns: ms(dns),
      tcp: ms(tcp),
      tls: ms(tls),
      address: address || null,
      verify: Number(verify) || 0,
      contentType: type.join(' '),
    },
  ];
}

export const late: Text = { en: 'did not answer within 10 s', zh: '10 秒内没有响应' };

/** By curl's exit codes. */
const exits: Record<number, Text> = {
  5: { en: 'the name of the proxy is not known to DNS', zh: 'DNS 无法解析代理的名称' },
  6: { en: 'its name is not known to DNS', zh: 'DNS 无法解析其名称' },
  7: { en: 'no connection: refused, or no route', zh: '无法建立连接：被拒绝或没有路由' },
  18: { en: 'the connection broke off', zh: '连接中断' },
  28: late,
  35: { en: 'the connection broke off while TLS began', zh: 'TLS 握手时连接中断' },
  47: { en: 'it redirects in a circle', zh: '循环重定向' },
  52: { en: 'it closed the connection without an answer', zh: '未响应就关闭了连接' },
  56: { en: 'the connection broke off', zh: '连接中断' },
  60: {
    en: 'its certificate is not trusted: something in between reads along, or the clock is wrong',
    zh: '其证书不受信任：中间有拦截，或时钟不正确',
  },
  63: { en: 'its answer is larger than it can be', zh: '响应过大' },
};

/** By OpenSSL's verdicts (openssl-verification-options(1)). */
const certificates: Record<number, Text> = {
  9: {
    en: 'its certificate is not valid yet: the clock of this host is behind, or something in between answers',
    zh: '其证书尚未生效：本机时钟偏慢，或中间有其他东西应答',
  },
  10: {
    en: 'its certificate has expired, or the clock of this host is ahead',
    zh: '其证书已过期，或本机时钟偏快',
  },
};
for (const unknownIssuer of [18, 19, 20, 21])
  certificates[unknownIssuer] = {
    en: 'its certificate is signed by nobody this host trusts: something in between reads along',
    zh: '其证书的签发者不受本机信任：中间有拦截',
  };

/** Why an answer is none; null where it is one. @param asked the URL that was asked first */
export function why(answer: Answer, asked: string): Text | null {
  if (answer.exit === 0 && answer.code < 400) return null;
  const words = answer.exit
    ? (answer.exit === 60 && certificates[answer.verify]) ||
      exits[answer.exit] || { en: `curl ended with ${answer.exit}`, zh: `curl 退出码 ${answer.exit}` }
    : { en: `it answers ${answer.code}`, zh: `返回 ${answer.code}` };
  const [from, to] = [hostOf(asked), hostOf(answer.url)];
  if (!to || from === to) return words;
  return { en: `it sends on to ${to}, and there: ${words.en}`, zh: `重定向到 ${to}，而那里：${words.zh}` };
}

export function hostOf(url: string): string {
  return /^[a-z]+:\/\/([^/:]+)/.exec(url)?.[1] ?? '';
}
