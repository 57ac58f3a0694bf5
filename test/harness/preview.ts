// The screens by hand, without hosts: `test/harness/preview [--zh] [--script '{"pace":150}'] [--spec]`
import { startApp } from '../../source/app.js';
import { lazyEngine } from '../../source/state/lazy-engine.js';
import { emptyGround } from './ground.js';
import { scriptedEngine } from './scripted.js';
import { memorySessions, savedSession, threeHosts } from './walk.js';

const option = (name: string) => process.argv[process.argv.indexOf(name) + 1];
const has = (name: string) => process.argv.includes(name);
const { engine, connector } = scriptedEngine({ pace: 150, ...(has('--script') && JSON.parse(option('--script')!)) });
if (has('--real-plan')) {
  engine.makePlan = lazyEngine.makePlan;
  engine.checkPlan = async plan => ({
    ...plan,
    tasks: plan.tasks.map(task => ({ ...task, steps: task.steps.map(step => ({ ...step, state: 'needed' as const })) })),
  });
}
if (has('--time')) {
  const { write } = process.stdout;
  process.stdout.write = ((chunk: string, ...rest: []) => {
    if (chunk.includes('k8s-tui')) {
      process.stdout.write = write;
      process.stderr.write(
        `first frame ${Math.round(performance.now())} ms after the start of the process, ${Math.round((process.cpuUsage().user + process.cpuUsage().system) / 1000)} ms of CPU\n`,
      );
    }
    return write.call(process.stdout, chunk, ...rest);
  }) as typeof write;
}
const saved = has('--sessions') ? [savedSession({ savedAt: Date.now() - 7_500_000 })] : [];
process.exit(
  await startApp({
    connector,
    language: has('--zh') ? 'zh' : 'en',
    spec: has('--spec') ? threeHosts : undefined,
    demo: async () => ({
      connector: ask => Object.assign(connector(ask), { simulation: true }),
      spec: threeHosts,
      ground: emptyGround,
    }),
    ground: emptyGround,
    parts: { engine, sessions: memorySessions(saved) },
  }),
);
