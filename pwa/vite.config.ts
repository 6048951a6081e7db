/** How the PWA is built: one page, lazily loaded areas, and our own service worker made from what was built. */
import { readFileSync } from 'node:fs'
import { defineConfig } from 'vitest/config'
import { budget } from './vite/budget.ts'
import { serviceWorker } from './vite/service-worker.ts'

const { version } = JSON.parse(readFileSync(new URL('./package.json', import.meta.url), 'utf8')) as { version: string }
const define = { __APP_VERSION__: JSON.stringify(version) }

export default defineConfig({
  define,
  plugins: [budget(), serviceWorker({ define })],
  build: {
    // Phones of 2020 and what their makers' browsers are built on.
    target: ['chrome87', 'safari14', 'firefox90'],
    // The content security policy allows no inline code and only files of our own origin.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: true,
  },
  worker: { format: 'es' },
  server: { proxy: { '/api': 'http://127.0.0.1:8000', '/Q': 'http://127.0.0.1:8000' }, fs: { allow: ['..'] } },
  test: { include: ['test/**/*.test.{ts,tsx}'], environment: 'node' },
})
