/**
 * In the place of the package of this name, which conf's library has for its temporary files: that one hears every signal and sends
 * it to the process once more, so that one Ctrl-C would count as two. The bundle (build.mjs) and the tests (vitest.config.ts) take
 * this one.
 * @returns forgets the callback, which is never called
 */
export default () => () => {};
