/**
 * In the place of the package of this name, which conf's library has for its temporary files: that one hears every signal and sends
 * it to the process once more, so that one Ctrl-C would count as two. The bundle and the tests take this one (scripts/build.mjs,
 * vitest.config.ts).
 * @returns forgets the callback, which is never called
 */
const whenExit = (_callback: () => void) => (): void => {};

export default whenExit;
