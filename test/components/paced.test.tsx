import { Text } from 'ink';
import { render } from 'ink-testing-library';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createStore, type StoreApi } from 'zustand/vanilla';
import { usePaced } from '../../source/components/paced.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

interface Watched {
  store: StoreApi<{ n: number }>;
  /** What was drawn, in its order. */
  drawn: number[];
  drawNow: () => void;
}

function Counter({ watched }: { watched: Watched }) {
  const [{ n }, drawNow] = usePaced(watched.store);
  watched.drawNow = drawNow;
  watched.drawn.push(n);
  return <Text>{n}</Text>;
}

function counter() {
  const watched: Watched = { store: createStore(() => ({ n: 0 })), drawn: [], drawNow: () => {} };
  const { unmount } = render(<Counter watched={watched} />);
  const add = () => watched.store.setState(({ n }) => ({ n: n + 1 }));
  return { drawn: watched.drawn, unmount, drawNow: () => watched.drawNow(), add };
}

it('draws the first of many changes at once and the last a moment later, not those between', async () => {
  const { drawn, add, unmount } = counter();
  for (let i = 0; i < 500; i++) {
    add();
    await vi.advanceTimersByTimeAsync(0);
  }
  expect(drawn).toEqual([0, 1]);
  await vi.advanceTimersByTimeAsync(1000);
  expect(drawn).toEqual([0, 1, 500]);
  unmount();
});

it('draws at once what must not wait, and nothing where nothing has changed', async () => {
  const { drawn, add, drawNow, unmount } = counter();
  for (let i = 0; i < 3; i++) {
    add();
    drawNow();
    await vi.advanceTimersByTimeAsync(0);
  }
  drawNow();
  await vi.advanceTimersByTimeAsync(1000);
  expect(drawn).toEqual([0, 1, 2, 3]);
  unmount();
});
