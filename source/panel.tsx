import { onTerminal } from './components/stage.js';
import { copyToClipboard, type TakenTerminal, terminalSize } from './components/terminal.js';
import type { Ask, Connector } from './engine/fleet.js';
import type { ReadAgain } from './engine/panel/watch.js';
import type { ClusterSpec } from './engine/spec/schema.js';
import type { Language } from './engine/text.js';
import { languageOf } from './i18n/index.js';
import { PanelRoot } from './screens/panel/root.js';
import { createPanelStore, type PanelApp, type PanelTerminal } from './state/panel/store.js';

export interface PanelOptions {
  spec: ClusterSpec;
  /** Best with `watchTimings`: a host that falls silent is seen within seconds. */
  connector: (ask: Ask) => Connector;
  /** See `watchCluster`. */
  readAgain?: ReadAgain | null;
  /** The operator's locale decides unless told. */
  language?: Language;
  stdin?: NodeJS.ReadStream;
  stdout?: NodeJS.WriteStream;
  /** For tests. */
  onApp?: (app: PanelApp) => void;
}

/**
 * The panel of a cluster in the alternate screen, until the operator leaves. Standard input and output have to be a terminal.
 * @returns the exit code: 0 left, 130 by Ctrl-C
 */
export async function startPanel({
  spec,
  connector,
  readAgain,
  language = languageOf(process.env),
  stdin = process.stdin,
  stdout = process.stdout,
  onApp,
}: PanelOptions): Promise<number> {
  const app = createPanelStore({ spec, connector, readAgain, language });
  onApp?.(app);
  return onTerminal({
    stdin,
    stdout,
    draw: taken => <PanelRoot app={app} terminal={panelTerminal(taken, stdout)} />,
    begin: () => void app.begin(),
    exited: app.exited,
    quit: app.quit,
    farewell: () => '',
    close: () => app.close(),
  });
}

const panelTerminal = ({ lend }: TakenTerminal, stdout: NodeJS.WriteStream): PanelTerminal => ({
  lend,
  write: data => void stdout.write(data),
  copy: text => copyToClipboard(stdout, text),
  size: () => terminalSize(stdout),
  onResize: changed => {
    stdout.on('resize', changed);
    return () => void stdout.off('resize', changed);
  },
});
