/** Fails the build when the first load of an area grows too large: phones on slow networks, and offices with better ones. */
import { gzipSync } from 'node:zlib'
import type { Plugin, Rollup } from 'vite'

const PHONES = new Set(['door', 'family'])
const LIMITS = { phone: 60_000, office: 90_000 }

export function budget(): Plugin {
  return {
    name: 'doorstep-budget',
    apply: 'build',
    generateBundle(_options, bundle) {
      const size = (name: string) => {
        const file = bundle[name]
        return file ? gzipSync(file.type === 'chunk' ? file.code : file.source, { level: 9 }).length : 0
      }
      const chunks = Object.values(bundle).filter((file): file is Rollup.OutputChunk => file.type === 'chunk')
      const closure = (chunk: Rollup.OutputChunk, seen = new Set<string>()): Set<string> => {
        if (seen.has(chunk.fileName)) return seen
        seen.add(chunk.fileName)
        for (const css of chunk.viteMetadata?.importedCss ?? []) seen.add(css)
        for (const name of chunk.imports) {
          const next = bundle[name]
          if (next?.type === 'chunk') closure(next, seen)
        }
        return seen
      }
      const entry = chunks.find((chunk) => chunk.isEntry)
      if (!entry) return
      for (const name of entry.dynamicImports) {
        const area = bundle[name]
        if (area?.type !== 'chunk') continue
        const files = closure(area, closure(entry))
        const total = [...files].reduce((sum, file) => sum + size(file), 0)
        this.info(`first load of ${area.name}: ${(total / 1000).toFixed(1)} kB gzip in ${files.size} files`)
        const limit = PHONES.has(area.name) ? LIMITS.phone : LIMITS.office
        if (total > limit) this.error(`first load of ${area.name} is ${total} bytes gzip, more than ${limit}`)
      }
    },
  }
}
