// Files that the bundler and the tests take in as text.
declare module '*.sh' {
  const text: string;
  export default text;
}
declare module '*.yaml' {
  const text: string;
  export default text;
}
declare module '*.yml' {
  const text: string;
  export default text;
}
declare module '*.service' {
  const text: string;
  export default text;
}
