import { Command, CommanderError, Option } from 'commander';
import packageJson from '../package.json' with { type: 'json' };
import { type ExitCode, exit } from './commands/exit.js';
import { type Interrupts, onInterrupt } from './commands/interrupts.js';
import type { Session } from './commands/session.js';
import type { Language, Text } from './engine/text.js';
import { languageOf } from './i18n/index.js';

interface Flags {
  yes?: true;
  acceptNewHostKeys?: true;
  json?: true;
  lang: Language;
}

/** Runs the program and ends the process with its exit code. */
export async function main(argv: string[]): Promise<never> {
  // A reader that goes away (`| head`, EPIPE) or a terminal that is closed (EIO) does not end the work: hosts may be in
  // the middle of it. The closing itself comes as SIGHUP, which ends it after the present step.
  for (const stream of [process.stdout, process.stderr])
    stream.on('error', error => {
      if (!['EPIPE', 'EIO'].includes((error as NodeJS.ErrnoException).code!)) throw error;
    });
  const interrupts = onInterrupt(() => {
    process.stderr.write(`${left[languageFlag(argv)]}\n`);
    process.exit(exit.stopped);
  });
  let failing: Promise<ExitCode> | null = null;
  const fail = (error: unknown) => {
    // What goes wrong after the first fault is its consequence.
    failing ??= explain(error, argv, interrupts).catch(() => {
      // The files of this program are gone: an update of it, an npx cache that was cleared.
      process.stderr.write(`${gone(error)[languageFlag(argv)]}\n`);
      return exit.failed;
    });
    return failing;
  };
  process.on('uncaughtException', error => void fail(error).then(process.exit));

  let code: ExitCode = exit.ok;
  const program = makeProgram(languageFlag(argv), interrupts, ended => {
    code = ended;
  });
  try {
    await program.parseAsync(argv);
  } catch (error) {
    if (error instanceof CommanderError) code = error.exitCode === 0 ? exit.ok : exit.usage;
    else code = await fail(error);
  }
  // What still waits in a pipe goes out first.
  await new Promise(resolve => process.stdout.write('', resolve));
  process.exit(code);
}

function makeProgram(language: Language, interrupts: Interrupts, end: (code: ExitCode) => void): Command {
  const t = (text: Text) => text[language];
  const program = new Command('k8s-tui')
    .description(t(help.program))
    .version(packageJson.version, '-V, --version', t(help.version))
    .addOption(new Option('--lang <language>', t(help.lang)).choices(['en', 'zh']).default(language, languageNames[language]))
    .option('-y, --yes', t(help.yes))
    .option('--accept-new-host-keys', t(help.acceptNewHostKeys))
    .option('--json', t(help.json))
    .helpOption('-h, --help', t(help.help))
    .helpCommand(false)
    .addHelpText('after', `\n${t(help.after)}`)
    .configureHelp({ showGlobalOptions: true, styleTitle: title => (language === 'zh' ? (titles[title] ?? title) : title) })
    .exitOverride()
    .allowExcessArguments()
    .action(async () => {
      if (program.args[0]) program.error(`error: there is no command '${program.args[0]}'; see k8s-tui --help`);
      const { app } = await import('./commands/app.js');
      end(await app(await session()));
    });

  const session = async (): Promise<Session> => {
    const flags = program.opts<Flags>();
    const { openSession } = await import('./commands/session.js');
    return openSession({
      language: flags.lang,
      json: flags.json ?? false,
      yes: flags.yes ?? false,
      acceptNewHostKeys: flags.acceptNewHostKeys ?? false,
      ...interrupts,
    });
  };
  const command = (name: string, description: Text) => program.command(name).description(t(description));
  const onFile = (name: string, description: Text) =>
    command(name, description).requiredOption('-f, --file <cluster.yaml>', t(help.file));

  const onCluster = (name: string, description: Text) =>
    command(name, description)
      .argument('[host]', t(help.controlPlane))
      .option('-f, --file <cluster.yaml>', t(help.file))
      .option('--kubeconfig <file>', t(help.kubeconfig))
      .option('-o, --output <cluster.yaml>', t(help.writeDown));

  command('demo', help.demo).action(async () => {
    const { demo } = await import('./commands/demo.js');
    end(await demo(await session()));
  });
  command('discover', help.discover)
    .argument('[hosts...]', t(help.hosts))
    .option('--from <file>', t(help.from))
    .option('-o, --output <cluster.yaml>', t(help.output))
    .option('--expect <file>', t(help.expect))
    .option('--install-key [file]', t(help.installKey))
    .option('--new-key', t(help.newKey))
    .action(async (words, options) => {
      const { discover } = await import('./commands/discover/discover.js');
      end(await discover(await session(), words, options));
    });
  onFile('preflight', help.preflight).action(async ({ file }) => {
    const { preflight } = await import('./commands/preflight.js');
    end(await preflight(await session(), file));
  });
  onFile('doctor', help.doctor).action(async ({ file }) => {
    const { doctor } = await import('./commands/doctor.js');
    end(await doctor(await session(), file));
  });
  onFile('plan', help.plan)
    .option('--script <host>', t(help.script))
    .action(async ({ file, script }) => {
      const { plan } = await import('./commands/plan.js');
      end(await plan(await session(), file, script));
    });
  onFile('apply', help.apply)
    .option('--bundle <file>', t(help.fromBundle))
    .action(async ({ file, bundle }) => {
      const { apply } = await import('./commands/apply.js');
      end(await apply(await session(), file, bundle));
    });
  onFile('bundle', help.pack)
    .requiredOption('-o, --output <bundle.tar>', t(help.bundleOutput))
    .option('--for <systems...>', t(help.systems), ['debian-12'])
    .action(async ({ file, output, for: systems }) => {
      const { bundle } = await import('./commands/bundle.js');
      end(await bundle(await session(), file, output, systems));
    });
  command('resume', help.resume)
    .argument('[name]', t(help.sessionName))
    .action(async name => {
      const { resume } = await import('./commands/resume.js');
      end(await resume(await session(), name));
    });
  const sessions = command('sessions', help.sessions).action(async () => {
    const { listSessions } = await import('./commands/sessions.js');
    end(await listSessions(await session()));
  });
  sessions
    .command('rm')
    .description(t(help.forget))
    .argument('<name>', t(help.sessionName))
    .action(async name => {
      const { removeSession } = await import('./commands/sessions.js');
      end(await removeSession(await session(), name));
    });
  onCluster('status', help.status)
    .option('--watch', t(help.watch))
    .action(async (host, options) => {
      const { status } = await import('./commands/status.js');
      end(await status(await session(), { ...options, host }));
    });
  command('logs', help.logs)
    .option('-f, --file <cluster.yaml>', t(help.file))
    .option('--kubeconfig <file>', t(help.kubeconfig))
    .argument('<host>', t(help.host))
    .argument('<unit>', t(help.unit))
    .option('--follow', t(help.follow))
    .option('--since <time>', t(help.since))
    .option('--lines <count>', t(help.lines))
    .action(async (host, unit, options) => {
      const { logs } = await import('./commands/logs.js');
      end(await logs(await session(), host, unit, options));
    });
  onCluster('panel', help.panel).action(async (host, options) => {
    const { panel } = await import('./commands/panel.js');
    end(await panel(await session(), { ...options, host }));
  });
  command('diagnose', help.diagnose)
    .argument('[hosts...]', t(help.diagnoseHosts))
    .option('-f, --file <cluster.yaml>', t(help.file))
    .option('--bundle <file.tar.gz>', t(help.bundle))
    .action(async (words, options) => {
      const { diagnose } = await import('./commands/diagnose.js');
      end(await diagnose(await session(), words, options));
    });
  onFile('reset', help.reset)
    .option('--host <name>', t(help.oneHost))
    .option('--confirm <name>', t(help.confirm))
    .action(async ({ file, ...options }) => {
      const { reset } = await import('./commands/reset.js');
      end(await reset(await session(), file, options));
    });
  return program;
}

/** Says what was thrown, after everything else has been said and the terminal is itself again. @returns the exit code */
async function explain(error: unknown, argv: string[], { stop }: Interrupts): Promise<ExitCode> {
  const { tellFailure } = await import('./commands/failure.js');
  const last: (() => void)[] = [];
  process.on('exit', () => {
    for (const say of last) say();
  });
  return tellFailure(error, {
    language: languageFlag(argv),
    json: argv.includes('--json'),
    isStopped: stop.aborted,
    write: line => last.push(() => process.stderr.write(`${line}\n`)),
    print: line => last.push(() => process.stdout.write(`${line}\n`)),
  });
}

/** The language is needed before the arguments are parsed: for the help that parsing prints. */
function languageFlag(argv: string[]): Language {
  const flag = argv.map((word, i) => (word === '--lang' ? argv[i + 1] : /^--lang=(.*)$/.exec(word)?.[1])).find(Boolean);
  return flag === 'en' || flag === 'zh' ? flag : languageOf(process.env);
}

const gone = (error: unknown): Text => ({
  en: `✗ k8s-tui's own files were changed or removed while it ran: ${(error as Error)?.message}. The same command can be run again and goes on from here.`,
  zh: `✗ 运行期间 k8s-tui 自身的文件被更改或删除：${(error as Error)?.message}。可以再次执行同一命令，将从此处继续。`,
});
const left: Text = {
  en: 'Left at once. Hosts end what they were at by themselves; the same command finds out and goes on.',
  zh: '已立即退出。主机会自行结束当前操作；再次执行同一命令会识别状态并继续。',
};
const languageNames = { en: 'English', zh: '中文' } satisfies Record<Language, string>;
const titles: Record<string, string> = {
  'Usage:': '用法：',
  'Options:': '选项：',
  'Commands:': '命令：',
  'Arguments:': '参数：',
};

const help = {
  program: {
    en: 'From a few Linux servers and SSH to a Kubernetes cluster you can trust.\nWithout a command: guided screens.',
    zh: '只需几台 Linux 服务器和 SSH，即可得到值得信赖的 Kubernetes 集群。\n不带命令时打开引导界面。',
  },
  version: { en: 'print the version', zh: '显示版本号' },
  help: { en: 'print this help', zh: '显示帮助' },
  lang: { en: 'language', zh: '语言' },
  yes: { en: 'apply without asking whether hosts may be changed', zh: 'apply 时不再询问是否可以更改主机' },
  acceptNewHostKeys: {
    en: 'trust and record host keys of which nothing is known; changed ones still stop',
    zh: '信任并记录未知的主机密钥；已改变的密钥仍会中止',
  },
  json: { en: 'one JSON object per line on standard output', zh: '标准输出每行一个 JSON 对象' },
  file: { en: 'the file that describes the cluster', zh: '描述集群的文件' },
  demo: {
    en: 'the guided screens on simulated hosts; changes nothing anywhere',
    zh: '在模拟主机上体验引导界面；不会改动任何东西',
  },
  discover: {
    en: 'find hosts and what they are; scans only what is named, changes nothing but keys that it is asked to install',
    zh: '查找主机并了解其情况；只扫描指定的目标，除要求安装的密钥外不做任何改动',
  },
  hosts: {
    en: 'networks to scan (10.77.0.0/24) and hosts (ops@10.0.0.11-13)',
    zh: '要扫描的网段（10.77.0.0/24）和主机（ops@10.0.0.11-13）',
  },
  from: {
    en: 'a list of hosts, an Ansible inventory, /etc/hosts, ~/.ssh/config, known_hosts or a cluster file',
    zh: '主机列表、Ansible 清单、/etc/hosts、~/.ssh/config、known_hosts 或集群文件',
  },
  expect: {
    en: 'fingerprints of host keys from elsewhere (SHA256:…, known_hosts, ssh-keyscan): what fits is trusted, what differs stops',
    zh: '来自其他途径的主机密钥指纹（SHA256:…、known_hosts、ssh-keyscan）：一致则信任，不一致则中止',
  },
  installKey: {
    en: 'where only a password works: let this key in (~/.ssh/id_ed25519 …), tried by a login with it alone',
    zh: '对只能用密码登录的主机：安装该密钥（默认 ~/.ssh/id_ed25519 等），并单独用它登录验证',
  },
  newKey: { en: 'the same with a new ed25519 key', zh: '同上，使用新生成的 ed25519 密钥' },
  output: { en: 'write a cluster.yaml of the hosts that are ready', zh: '将可用的主机写入 cluster.yaml' },
  preflight: {
    en: 'look whether hosts and sources are fit; changes nothing',
    zh: '检查主机和软件源是否满足要求；不做任何改动',
  },
  doctor: {
    en: 'measure from every host how it reaches every source, and propose the best mix; changes nothing',
    zh: '从每台主机测量各来源的可达性并给出最佳组合；不做任何改动',
  },
  plan: { en: 'show what apply would do, step by step; changes nothing', zh: '逐步显示 apply 将执行的操作；不做任何改动' },
  script: {
    en: "print this host's scripts alone, to read or to pipe to sh",
    zh: '只输出该主机的脚本，可阅读或通过管道交给 sh',
  },
  apply: { en: 'make it so; again: go on, or find that nothing is left to do', zh: '执行安装；再次运行则继续，或确认无事可做' },
  resume: {
    en: 'go on with a saved session: the newest that is not done, or the one named',
    zh: '继续已保存的会话：最近未完成的，或指定名称的',
  },
  sessionName: {
    en: 'its name as `sessions` shows it; resume takes a session.json of another machine too',
    zh: '`sessions` 显示的名称；resume 也接受来自其他机器的 session.json',
  },
  sessions: { en: 'what was begun from this machine, and how far it came', zh: '列出从本机发起的安装及其进度' },
  forget: { en: 'forget a session and its logs; changes no host', zh: '删除会话及其日志；不改动任何主机' },
  fromBundle: { en: 'take everything from this file; the hosts need no line', zh: '全部取自该文件；主机无需联网' },
  pack: {
    en: 'pack all that an install needs into one file, for hosts without a line',
    zh: '把安装所需的全部内容打包成一个文件，供无网络的主机使用',
  },
  bundleOutput: { en: 'the file to write', zh: '输出文件' },
  systems: { en: 'what the hosts are: debian-12, ubuntu-24.04/arm64', zh: '主机的系统：debian-12、ubuntu-24.04/arm64' },
  status: {
    en: 'what hosts and cluster say of themselves now; exit code 0: healthy',
    zh: '查看主机和集群的当前状态；退出码 0 表示健康',
  },
  watch: { en: 'again every two seconds, until Ctrl-C', zh: '每两秒刷新，按 Ctrl-C 结束' },
  logs: {
    en: 'the log of a unit or a container on a host; works with the API server down',
    zh: '查看主机上单元或容器的日志；API Server 停止时也可用',
  },
  host: {
    en: 'a host of the file or kubeconfig; with neither: root@10.0.0.11',
    zh: '文件或 kubeconfig 中的主机；两者都未指定时：root@10.0.0.11',
  },
  controlPlane: {
    en: 'a control plane of any kubeadm cluster (root@10.0.0.11): the other hosts are read from it',
    zh: '任一 kubeadm 集群的控制平面（root@10.0.0.11）：其余主机从中读取',
  },
  kubeconfig: {
    en: 'read the hosts from the API that this file leads to; named nothing: what kubectl would use',
    zh: '通过该文件指向的 API 读取主机；都未指定时使用 kubectl 的默认配置',
  },
  writeDown: { en: 'write down the cluster that was read, to be asked nothing again', zh: '记录读取到的集群，以后不再询问' },
  unit: { en: 'kubelet, containerd, any unit, or a container such as etcd', zh: 'kubelet、containerd 等单元，或 etcd 等容器' },
  follow: { en: 'stay and print what comes, until Ctrl-C', zh: '持续输出新日志，按 Ctrl-C 结束' },
  since: { en: 'only what is younger: 30s, 10m, 2h, 1d', zh: '只显示最近的日志：30s、10m、2h、1d' },
  lines: { en: 'how many lines from the end; 100 unless told', zh: '末尾行数；默认 100' },
  panel: {
    en: 'watch a cluster: hosts, components, logs, shells; works with the API server down',
    zh: '监视集群：主机、组件、日志、shell；API Server 停止时也可用',
  },
  diagnose: {
    en: 'find why a cluster, made by whomever, does not work, and what mends it; changes nothing unasked',
    zh: '查找集群（无论由谁建立）不工作的原因和修复方法；不经确认不做改动',
  },
  diagnoseHosts: { en: 'hosts (root@10.0.0.11-13), in place of a file', zh: '主机（root@10.0.0.11-13），代替文件' },
  bundle: {
    en: 'write all that was found, without secrets, to one file to hand on',
    zh: '将全部诊断信息（不含机密）写入一个文件以便转交',
  },
  reset: { en: 'make the hosts what they were before', zh: '把主机恢复为安装前的样子' },
  oneHost: { en: 'this host alone: it leaves the cluster first, which lives on', zh: '仅此主机：先移出集群，集群继续运行' },
  confirm: {
    en: "the name that would have to be typed: the cluster's, or the host's",
    zh: '代替询问时输入的名称：集群名或主机名',
  },
  after: {
    en: `Examples:
  k8s-tui                                     guided, from "here are three servers" to a cluster
  k8s-tui demo                                the same, on simulated hosts
  k8s-tui plan -f cluster.yaml                read what would be done
  k8s-tui plan -f cluster.yaml --script n1    ... as the shell scripts for n1
  k8s-tui apply -f cluster.yaml --yes         install, e.g. in a pipeline
  k8s-tui reset -f cluster.yaml --confirm lab undo it, without a question

Exit codes:
  0    done, or nothing to do
  1    it failed on the way; the same command goes on from there
  2    the command line or the file is wrong
  3    a host or a source is not fit or not reachable; nothing was changed
  130  stopped (Ctrl-C)

Without a terminal nothing is asked. Passwords come from the environment:
  K8S_TUI_SSH_PASSWORD, K8S_TUI_SUDO_PASSWORD, K8S_TUI_KEY_PASSPHRASE`,
    zh: `示例：
  k8s-tui                                     引导完成从“三台服务器”到集群的全过程
  k8s-tui demo                                同上，使用模拟主机
  k8s-tui plan -f cluster.yaml                查看将执行的操作
  k8s-tui plan -f cluster.yaml --script n1    …… n1 的 shell 脚本
  k8s-tui apply -f cluster.yaml --yes         安装，例如在流水线中
  k8s-tui reset -f cluster.yaml --confirm lab 撤销安装，不询问

退出码：
  0    完成，或无事可做
  1    中途失败；再次执行同一命令将从该处继续
  2    命令行或文件有误
  3    主机或软件源不满足要求或无法访问；未做任何改动
  130  已停止（Ctrl-C）

没有终端时不会提问。密码取自环境变量：
  K8S_TUI_SSH_PASSWORD、K8S_TUI_SUDO_PASSWORD、K8S_TUI_KEY_PASSPHRASE`,
  },
} satisfies Record<string, Text>;
