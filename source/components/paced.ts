import { useMemo, useSyncExternalStore } from 'react';
import type { StoreApi } from 'zustand/vanilla';

const FRAME_MS = 66;

/**
 * The state as it is to be drawn: at most every 66 ms, however often it changes, so that 500 hosts that answer at once cost a few
 * frames. @returns also what draws it now, for whoever must not wait: a key
 */
export function usePaced<S>(store: StoreApi<S>): [state: S, drawNow: () => void] {
  const paced = useMemo(() => pacedBy(store), [store]);
  return [useSyncExternalStore(paced.subscribe, store.getState), paced.drawNow];
}

function pacedBy<S>(store: StoreApi<S>) {
  let draw = () => {};
  let timer: NodeJS.Timeout | null = null;
  let isStale = false;
  const frame = () => {
    isStale = false;
    draw();
    clearTimeout(timer ?? undefined);
    timer = setTimeout(() => {
      timer = null;
      if (isStale) frame();
    }, FRAME_MS);
  };
  return {
    subscribe(changed: () => void) {
      draw = changed;
      const off = store.subscribe(() => {
        isStale = true;
        if (!timer) frame();
      });
      return () => {
        off();
        clearTimeout(timer ?? undefined);
        timer = null;
      };
    },
    drawNow: () => {
      if (isStale) frame();
    },
  };
}
