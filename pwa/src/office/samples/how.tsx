/** Why nobody can have chosen what was drawn, in plain words. */
import type { ComponentChildren } from 'preact'
import { s } from '../../i18n/samples'
import './samples.css'

export function How({ open = false, children }: { open?: boolean; children?: ComponentChildren }) {
  return (
    <details class="how" open={open}>
      <summary>{s('how_title')}</summary>
      <ol>
        {(['how_1', 'how_2', 'how_3', 'how_4'] as const).map((line) => (
          <li key={line}>{s(line)}</li>
        ))}
      </ol>
      {children}
    </details>
  )
}
