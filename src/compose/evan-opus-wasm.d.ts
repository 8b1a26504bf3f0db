declare module "@evan/opus/wasm/index.mjs" {
  export { Decoder, Encoder } from "@evan/opus";
}
