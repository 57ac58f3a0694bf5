import { useStdin } from 'ink';
import { useEffect, useMemo, useRef } from 'react';
import { createKeyReader, type Press } from './keys.js';

/**
 * Every key comes in here. A chunk of input may hold several: `press` is called for each, when the one before it has done
 * its work. @param raw takes the input as it is, where somebody else has the terminal
 */
export function useKeyboard(press: (what: Press) => void, raw: () => ((input: string) => void) | null = () => null) {
  const { setRawMode, internal_eventEmitter: input } = useStdin();
  const read = useMemo(createKeyReader, []);
  const latest = useRef({ press, raw });
  latest.current = { press, raw };
  useEffect(() => {
    const handle = (sequence: string) => {
      const away = latest.current.raw();
      if (away) away(sequence);
      else for (const what of read(sequence)) latest.current.press(what);
    };
    setRawMode(true);
    input?.on('input', handle);
    return () => {
      input?.off('input', handle);
      setRawMode(false);
    };
  }, [input, read, setRawMode]);
}
