import { isTicket } from './tickets.js';

let segmenter: Intl.Segmenter | null = null;

/** Made of letters, our own marks and ideographs alone, each of them a whole character for who reads it; colours may lie between. */
export const isSimple = (text: string): boolean =>
  /^[\x1b\x20-\x7e\xb7\u2010-\u2027\u2039\u203a\u2190-\u2193\u2500-\u259f\u25b8\u25c9\u25cb\u25cf\u2713\u2717\u2800-\u28ff\u3001-\u3011\u4e00-\u9fff\uff01-\uff5e]*$/.test(
    text,
  );

/** An `Intl.Segmenter` that is made when the first text needs it: that takes longer than the whole of a frame, and each one is taken apart. */
export const graphemes = {
  segment(text: string): Iterable<{ segment: string; index: number }> {
    if (isSimple(text)) return Array.from(text, (segment, index) => ({ segment, index }));
    if (isTicket(text)) return [{ segment: text, index: 0 }];
    segmenter ??= new Intl.Segmenter(undefined, { granularity: 'grapheme' });
    return segmenter.segment(text);
  },
};
