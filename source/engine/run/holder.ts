import { span, type Text } from '../text.js';

/** Somebody else who is changing a host. */
export interface Holder {
  host: string;
  /** user@machine */
  who: string;
  /** Seconds since they took it, and since their last sign of life, as the host counts them. */
  held: number;
  silent: number;
}

/** Since when somebody is there, and whether they still are, e.g. `there for 3 min, last heard of 6 s ago`. */
export const presence = ({ held, silent }: Holder): Text => ({
  en: `there for ${span(held).en}, last heard of ${silent} s ago`,
  zh: `已占用 ${span(held).zh}，${silent} 秒前仍有动静`,
});

/** Whom one meets on a host, e.g. `n1: li@laptop, there for 3 min, last heard of 6 s ago`. */
export const meets = (holder: Holder): Text => ({
  en: `${holder.host}: ${holder.who}, ${presence(holder).en}`,
  zh: `${holder.host}：${holder.who}，${presence(holder).zh}`,
});
