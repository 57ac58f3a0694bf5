import { type Colour, dim, type Span } from '../../components/line.js';
import type { Level } from '../../engine/panel/rows.js';
import { type Language, span } from '../../engine/text.js';
import type { Catalogue } from '../../i18n/index.js';
import type { PanelAppState } from '../../state/panel/state.js';
import type { PanelApp, PanelTerminal } from '../../state/panel/store.js';
import type { Screen } from '../screen.js';

/** What a screen of the panel is drawn from. */
export interface PanelView {
  app: PanelApp;
  state: PanelAppState;
  t: Catalogue;
  terminal: PanelTerminal;
  columns: number;
  /** Lines that the screen has for itself. */
  height: number;
}

export type PanelScreen = Screen<PanelView> & {
  /** What `y` copies; null where there is nothing. */
  copied?: (view: PanelView) => string | null;
};

const colours: Record<Level, Colour | null> = { ok: 'green', attention: 'yellow', broken: 'red', unknown: null };
/** A word always stands beside it: colour and glyph never say it alone. */
const glyphs: Record<Level, string> = { ok: '●', attention: '!', broken: '✗', unknown: '…' };

export const levelled = (level: Level, text: string): Span => (colours[level] ? { text, color: colours[level] } : dim(text));
export const marked = (level: Level, text: string): Span => levelled(level, `${glyphs[level]} ${text}`);

/** A span of time for a column: 40s, 12min, 5h, 3d. */
export const brief = (seconds: number, language: Language): string => span(Math.max(0, seconds))[language].replace(' ', '');

/** The time of day, by the operator's clock. */
export const timeOfDay = (at: number): string => new Date(at).toTimeString().slice(0, 8);

export const gib = (mib: number): string => (mib < 10_240 ? (mib / 1024).toFixed(1) : String(Math.round(mib / 1024)));
