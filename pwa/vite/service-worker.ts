/** Builds src/sw.ts after everything else, telling it the names and the common hash of the files in dist. */
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join, relative, resolve, sep } from 'node:path'
import { build, type Plugin, type ResolvedConfig } from 'vite'

/** The decoder is large and only the camera needs it: it is fetched after the first paint. */
const isLate = (url: string) => url.endsWith('.wasm') || url.includes('decoder')

function listFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .sort()
}

export function serviceWorker({ define }: { define: Record<string, string> }): Plugin {
  let config: ResolvedConfig
  let failed = false
  return {
    name: 'doorstep-service-worker',
    apply: 'build',
    configResolved(resolved) {
      config = resolved
    },
    buildEnd(error) {
      failed = error !== undefined
    },
    async closeBundle() {
      if (failed) return
      const out = resolve(config.root, config.build.outDir)
      const hash = createHash('sha256')
      const urls: string[] = []
      for (const file of listFiles(out)) {
        if (file === 'sw.js' || file.endsWith('.map')) continue
        hash.update(file).update('\0').update(readFileSync(join(out, file)))
        urls.push(file === 'index.html' ? '/' : `/${file}`)
      }
      hash.update(readFileSync(join(config.root, 'src/sw.ts')))
      await build({
        configFile: false,
        root: config.root,
        logLevel: 'warn',
        define: {
          ...define,
          __BUILD__: JSON.stringify(hash.digest('hex').slice(0, 12)),
          __SHELL__: JSON.stringify(urls.filter((url) => !isLate(url))),
          __LATE__: JSON.stringify(urls.filter(isLate)),
        },
        build: {
          target: config.build.target || 'es2020',
          outDir: out,
          emptyOutDir: false,
          copyPublicDir: false,
          rollupOptions: {
            input: join(config.root, 'src/sw.ts'),
            output: { format: 'iife', entryFileNames: 'sw.js' },
          },
        },
      })
    },
  }
}
