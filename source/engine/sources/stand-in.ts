import type { Text } from '../text.js';

/** That a stand-in served. @param what packages or an image @param source a site, or an image's other name */
export const servedBy = ({ what, source }: { what: string; source: string }): Text => ({
  en: `${what} came from ${source}: the source that was chosen failed`,
  zh: `${what} 取自 ${source}：所选来源失败`,
});
