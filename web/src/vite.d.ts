/** The address of a script that Vite builds by itself, with all that it imports. */
declare module "*?worker&url" {
  const url: string;
  export default url;
}
