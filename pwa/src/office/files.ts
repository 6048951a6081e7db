/** Handing a file to the person at the screen, and what may be handed in. */
import { ask } from '../api/client'

export const MOST_BYTES = 10_000_000
export const KINDS = ['.xlsx', '.xls', '.xlsm', '.xlsb', '.et', '.ods', '.csv'] as const

export type FileFault = 'empty' | 'big' | 'kind'

/** What can be said about a file before it is sent; the server looks inside. */
export function fileFault(file: Pick<File, 'name' | 'size'>): FileFault | null {
  const name = file.name.toLowerCase()
  if (!KINDS.some((kind) => name.endsWith(kind))) return 'kind'
  if (file.size === 0) return 'empty'
  return file.size > MOST_BYTES ? 'big' : null
}

export const megabytes = (bytes: number): string => (bytes / 1_000_000).toFixed(1)

export function save(url: string, name: string): void {
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
}

/** A file that the server writes; a refusal is thrown as a problem, not saved as a file. */
export async function download(path: string, name: string, query: Record<string, string> = {}): Promise<void> {
  const url = URL.createObjectURL(await ask<Blob>(path, { query, timeoutMs: 120_000 }, (response) => response.blob()))
  save(url, name)
  setTimeout(() => URL.revokeObjectURL(url), 60_000)
}

/** roster-2026.xlsx → roster-2026-report.json */
export const reportName = (file: string): string => `${file.replace(/\.[^.]*$/, '') || 'import'}-report.json`
