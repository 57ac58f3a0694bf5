import { describe, expect, it } from 'vitest';
import { formatHost, parseHostList } from '../../source/state/host-list.js';

const short = (text: string) => parseHostList(text).hosts.map(formatHost);

describe('what people type or paste', () => {
  it.each<[string, string[]]>([
    ['10.0.0.11', ['n1=10.0.0.11']],
    ['root@10.0.0.11:22', ['n1=root@10.0.0.11:22']],
    ['ssh://root@10.0.0.11:22', ['n1=root@10.0.0.11:22']],
    ['10.0.0.11-13', ['n1=10.0.0.11', 'n2=10.0.0.12', 'n3=10.0.0.13']],
    ['10.0.0.11-10.0.0.13', ['n1=10.0.0.11', 'n2=10.0.0.12', 'n3=10.0.0.13']],
    ['admin@10.0.0.[11-12]:2222', ['n1=admin@10.0.0.11:2222', 'n2=admin@10.0.0.12:2222']],
    ['n[1-2].lan', ['n1=n1.lan', 'n2=n2.lan']],
    ['web[08-10]', ['web08=web08', 'web09=web09', 'web10=web10']],
    ['db=10.0.0.14', ['db=10.0.0.14']],
    ['db=admin@db.example.com:2200', ['db=admin@db.example.com:2200']],
    ['fd00::11', ['n1=fd00::11']],
    ['root@[fd00::11]:2222', ['n1=root@[fd00::11]:2222']],
    ['10.0.0.1, 10.0.0.2; 10.0.0.3\n10.0.0.4', ['n1=10.0.0.1', 'n2=10.0.0.2', 'n3=10.0.0.3', 'n4=10.0.0.4']],
    ['# the lab\n10.0.0.1 # first\n\n', ['n1=10.0.0.1']],
    ['10.0.0.1:2201 10.0.0.1:2202', ['n1=10.0.0.1:2201', 'n2=10.0.0.1:2202']],
    ['Master.Example.com', ['master=Master.Example.com']],
    ['', []],
  ])('%s', (text, wanted) => {
    expect(short(text)).toEqual(wanted);
    expect(parseHostList(text).problems).toEqual([]);
    // What was read is written so that it is read again.
    expect(short(wanted.join('\n'))).toEqual(wanted);
  });

  it.each([
    ['10.0.0.999', 1, 'no IP address'],
    ['ok.lan\nbad_host', 2, 'no IP address'],
    ['10.0.0.9-3', 1, 'runs backwards'],
    ['10.0.0.0-900', 1, 'too long'],
    ['10.0.0.1:70000', 1, '1 to 65535'],
    ['Master=10.0.0.1', 1, 'is no name'],
    ['db=10.0.0.1-3', 1, 'cannot stand for a range'],
    ['$(id)@10.0.0.1', 1, 'is no user name'],
    ['a=10.0.0.1 a=10.0.0.2', 1, 'another host is called a'],
    ['root@', 1, 'no IP address'],
  ])('%s: says on line %i what is wrong', (text, line, what) => {
    const { problems } = parseHostList(text);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatchObject({ line });
    expect(problems[0]!.what.en).toContain(what);
    expect(problems[0]!.what.zh).toMatch(/[\u4e00-\u9fff]/);
  });

  it('tells those that were given twice, also against those that are there', () => {
    const { hosts } = parseHostList('10.0.0.1 10.0.0.2');
    expect(parseHostList('10.0.0.2 10.0.0.3 10.0.0.3', hosts)).toMatchObject({
      hosts: [{ name: 'n3', address: '10.0.0.3' }],
      duplicates: ['10.0.0.2', '10.0.0.3'],
    });
  });
});
