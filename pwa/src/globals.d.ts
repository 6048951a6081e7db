/** Constants that the build fills in. */
declare const __APP_VERSION__: string
declare const __BUILD__: string
declare const __SHELL__: string[]
declare const __LATE__: string[]

declare module '*.wasm?url' {
  const url: string
  export default url
}
