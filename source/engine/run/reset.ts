import { body, compileScript } from '../plan/compile.js';
import type { Plan, PlannedStep, Task } from '../plan/plan.js';
import { type Remote, RUN_DIRECTORY } from '../remote.js';
import { lines, sh } from '../sh.js';
import { controlPlanes, isControlPlane, nodeAddress } from '../spec/hosts.js';
import type { ClusterSpec, HostSpec } from '../spec/schema.js';
import { etcd } from '../steps/etcd.js';
import { allSteps } from '../steps/index.js';
import undo from './undo.sh';

/**
 * What the ledger of a host says was changed there, oldest first, and the jobs that are at work there. Null where nothing of ours is
 * left, and nothing at work that could have been about to write its first line.
 */
async function readLedger(remote: Remote): Promise<{ ledger: string[]; atWork: string[] } | null> {
  const { stdout } = await remote.run(sh`
    cat /var/lib/k8s-tui/ledger 2>/dev/null || true
    ls ${RUN_DIRECTORY} 2>/dev/null | sed -n 's/^\(.*\)\.end$/at-work \1/p'
  `);
  const said = stdout.split('\n').filter(Boolean);
  const atWork = said.flatMap(line => /^at-work (.*)$/.exec(line)?.[1] ?? []);
  return said.length ? { ledger: said.filter(line => !line.startsWith('at-work ')), atWork } : null;
}

/**
 * A plan that makes hosts what they were before, each by its own ledger, all at once. Hosts that hold nothing of ours are not in it.
 * @param only this host alone: it is drained and leaves the cluster first, as far as the control plane is there to let it go; a host
 * that is not reached leaves the cluster all the same
 */
export async function makeResetPlan(
  spec: ClusterSpec,
  remotes: Record<string, Remote>,
  only?: string,
): Promise<Pick<Plan, 'spec' | 'tasks'> & { ledgers: Record<string, string[]> }> {
  const asked = Object.values(remotes).filter(remote => only === undefined || remote.name === only);
  const entries = await Promise.all(asked.map(async remote => [remote.name, await readLedger(remote)] as const));
  const found = Object.fromEntries(entries.flatMap(([host, said]) => (said ? [[host, said] as const] : [])));
  const ledgers = Object.fromEntries(Object.entries(found).map(([host, { ledger }]) => [host, ledger]));
  const plane = only === undefined ? undefined : controlPlanes(spec).find(({ name }) => name !== only && remotes[name])?.name;
  const leaving = spec.hosts.find(({ name }) => name === only);
  const isMember = leaving !== undefined && isControlPlane(leaving);
  const isKnown =
    plane !== undefined && leaving !== undefined && (isMember || (await knowsNode(remotes[plane]!, leaving.name)));
  // A join that is at work may come to its end before it is ended here: whether it was let in is asked after that.
  const isJoining = leaving !== undefined && found[leaving.name]?.atWork.includes('join') === true;
  const leave = plane && leaving && (isKnown || isJoining) ? leaveTask(plane, leaving, isKnown) : null;
  const tasks = Object.keys(ledgers).map(host => ({ ...resetTask(host), after: leave && isKnown ? [leave.id] : [] }));
  if (leave && !isKnown) leave.after.push(...tasks.map(({ id }) => id));
  return { spec, ledgers, tasks: [...(leave ? [leave] : []), ...tasks] };
}

async function knowsNode(plane: Remote, node: string): Promise<boolean> {
  const { code } = await plane.run(sh`
    export KUBECONFIG=/etc/kubernetes/admin.conf KUBECACHEDIR=/dev/null
    kubectl --request-timeout=10s get node ${node}
  `);
  return code === 0;
}

/**
 * A node leaves a cluster that lives on: its pods move first, then it is forgotten. One that is down has nothing that could move. A
 * control plane leaves etcd as well, but not where the members that stay would have no majority: that would be the end of the cluster.
 * @param isFirst before the host itself is reset; after it nobody is there any more who could end its pods
 */
function leaveTask(plane: string, host: HostSpec, isFirst: boolean): Task {
  const node = host.name;
  const isMember = isControlPlane(host);
  const step: PlannedStep = {
    id: 'leave',
    title: { en: `${node} leaves the cluster`, zh: `${node} 离开集群` },
    why: { en: 'Its pods move to other nodes before it goes.', zh: '先把其上的 Pod 迁移到其他节点。' },
    define: lines([
      sh`
      leaving=${node}
      is_known() { kubectl get node "$leaving" >/dev/null 2>&1; }
      is_ready() { kubectl get node "$leaving" -o jsonpath='{.status.conditions[?(@.type=="Ready")].status}' | grep -qx True; }
      `,
      isMember && memberLeaves(host),
    ]).text,
    check: isMember ? '! is_known && members=$(etcd_members 127.0.0.1) && ! is_member' : '! is_known',
    apply: lines([
      isMember &&
        sh`
        members=$(etcd_members 127.0.0.1) || { echo 'etcd does not answer here: without a majority of its members none can be taken out'; return 1; }
        if is_member; then majority_stays; fi
      `,
      isFirst &&
        sh`
        if is_known; then run kubectl cordon "$leaving"; fi
        if is_ready; then run kubectl drain "$leaving" --ignore-daemonsets --delete-emptydir-data --force --timeout=120s; fi
      `,
      isMember && sh`etcd_remove 127.0.0.1 "$leaving_at"`,
      sh`run kubectl delete node "$leaving" --ignore-not-found`,
    ]).text,
    verify: null,
  };
  const about = [`k8s-tui: ${node} leaves the cluster`, 'Runs by itself on the control plane: sh FILE, as root.'];
  return {
    id: `leave/${plane}`,
    host: plane,
    phase: 'reset',
    steps: [step],
    after: [],
    variables: [],
    script: compileScript({ about, cluster: '' }, [step]),
  };
}

const memberLeaves = (host: HostSpec) => sh`
  ${etcd}
  leaving_at=${nodeAddress(host)}
  is_member() { echo "$members" | etcd_member "$leaving_at" >/dev/null; }
  majority_stays() {
    stay=0 up=0
    for server in $(echo "$members" | sed 's,.*"peerURLs":\["https://\([^":]*\):2380".*,\1,' | grep -vxF "$leaving_at"); do
      stay=$((stay + 1))
      if etcd_ask "$server" /v3/maintenance/status '{}' >/dev/null; then up=$((up + 1)); else echo "etcd at $server does not answer"; fi
    done
    if [ $((up * 2)) -gt $stay ]; then return 0; fi
    echo "without $leaving only $up of $stay members of etcd would be up, which is no majority: bring the others up first"
    return 1
  }
`;

function resetTask(host: string): Task {
  const step: PlannedStep = {
    id: 'undo',
    title: { en: 'what was before is again', zh: '恢复原状' },
    why: { en: 'The ledger of this host, from its last line to its first.', zh: '从最后一行到第一行回放本机账本。' },
    define: [undo.trimEnd(), ...undoOfSteps()].join('\n'),
    check: '[ ! -e $home/ledger ] && [ -z "$(at_work)" ]',
    apply: 'replay',
    verify: null,
  };
  const about = [`k8s-tui: reset of ${host}`, 'Runs by itself: sh FILE, as root.'];
  return {
    id: `reset/${host}`,
    host,
    phase: 'reset',
    steps: [step],
    after: [],
    variables: [],
    script: compileScript({ about, cluster: '' }, [step]),
  };
}

const undoOfSteps = (): string[] =>
  [...new Map(allSteps.map(step => [step.id, step])).values()].flatMap(({ id, undo: piece }) =>
    piece ? [body(`undo_step_${id}`, piece.text)] : [],
  );
